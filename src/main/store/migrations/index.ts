import { PIECES } from './pieces'
import { STUDY } from './study'

/** Number n takes a study from version n − 1 to n. One that was released never changes. */
export const MIGRATIONS: readonly string[] = [STUDY, PIECES]

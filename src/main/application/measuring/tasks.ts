import type { Task } from '@shared/contract/engine'
import type { Outcome } from '@shared/contract/measurement'

/** Names a unit's trial. */
export const trialKey = (unit: string, trial: number): string => `${unit} ${String(trial)}`

/** What is still to be measured of a model. */
export interface Pending {
  readonly tasks: readonly Task[]
  /** Units that are done, with what came of the adaptive protocol; of a fixed protocol none are told. */
  readonly concluded: readonly { readonly unit: string; readonly outcome: Outcome }[]
  /** Trials that are stored and wanted, also in part. */
  readonly measured: number
  /** Passes that further rounds may take, about, by unit; null: what is left is known. */
  readonly later: ReadonlyMap<string, number> | null
}

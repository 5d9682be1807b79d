import type { Logger } from 'pino'
import type { Devices } from '../devices'
import type { Evaluations } from '../evaluation'
import type { EngineProcess, EngineSettings } from '../ports'
import type { Calibrations } from './calibration'

/** What measuring is made with. */
export interface QueueParts {
  readonly evaluations: Evaluations
  readonly devices: Pick<Devices, 'resolve'>
  readonly calibrations: Calibrations
  launchEngine(settings?: EngineSettings): EngineProcess
  readonly log: Logger
}

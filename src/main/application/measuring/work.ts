import type { ImageFile } from '@shared/contract/engine'
import type { MeasurementSpec, Run, RunExecution } from '@shared/contract/measurement'
import type { EngineProcess, EngineSettings } from '../ports'
import type { OpenStudy } from '../study'
import type { Calibrations } from './calibration'
import type { StudyPlan } from './plan'
import type { ProgressMeter } from './progress'

/** A run that is under way. */
export interface Measuring {
  readonly study: OpenStudy
  readonly spec: MeasurementSpec
  readonly plan: StudyPlan
  readonly images: ImageFile
  readonly calibrations: Calibrations
  launchEngine(settings: EngineSettings): EngineProcess
  readonly signal: AbortSignal
  readonly meter: ProgressMeter
  /** With what an interrupted run measured last. */
  readonly before: RunExecution | null
  onProgress(): void
  onExecution(execution: RunExecution): void
  onFailure(failure: Run['failures'][number]): void
  onNote(note: string): void
}

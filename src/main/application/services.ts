import type { StudyInfo } from '@shared/contract/study'
import type { Devices } from './devices'
import type { Evaluations } from './evaluation'
import type { Folders } from './folders'
import type { HostServices } from './ports'
import type { MeasurementQueue } from './measuring/queue'
import type { RecentStudies } from './recent'
import type { NewStudy, Studies } from './studies'
import type { OpenStudy } from './study'

/** What the procedures of the contract are made of. */
export interface Services {
  readonly host: HostServices
  readonly folders: Folders
  readonly studies: Studies
  readonly recent: RecentStudies
  readonly evaluations: Evaluations
  readonly devices: Devices
  readonly queue: MeasurementQueue
  /** The study that the host shows first. */
  readonly firstStudy: StudyInfo | null
  /** The sample study, in the data folder or in one of the user's. */
  openSample(folder?: string): Promise<OpenStudy>
  /** Opens a study and takes up what was being measured in it when it was left. */
  openStudy(path: string, create?: NewStudy): OpenStudy
}

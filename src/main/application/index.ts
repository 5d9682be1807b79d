import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Run } from '@shared/contract/measurement'
import { measurementSpecSchema } from '@shared/contract/measurement'
import type { StudyInfo } from '@shared/contract/study'
import { fileError } from '../files/errors'
import { Devices } from './devices'
import { Evaluations } from './evaluation'
import { foldersIn, makeFolders, type Folders } from './folders'
import type { HostServices } from './ports'
import { Calibrations } from './measuring/calibration'
import { MeasurementQueue } from './measuring/queue'
import { RecentStudies } from './recent'
import { applicationRouter } from './router'
import { openSample } from './sample'
import type { Services } from './services'
import { Studies, type NewStudy } from './studies'
import type { OpenStudy } from './study'

export type { EngineExit, EngineProcess, EngineSettings, FilePurpose, HostServices } from './ports'

export interface ApplicationOptions {
  readonly host: HostServices
  /** Where caches, uploads, recent studies and the log are kept. */
  readonly dataFolder: string
  /** The program's own files: the sample. */
  readonly resources: string
  readonly log: Logger
}

/** What the program does, whichever host shows it. */
export class Application implements Services {
  readonly host: HostServices
  readonly folders: Folders
  readonly studies: Studies
  readonly recent: RecentStudies
  readonly evaluations: Evaluations
  readonly devices: Devices
  readonly queue: MeasurementQueue
  readonly router
  private readonly resources: string
  private readonly log: Logger
  /** The study that the host shows first. */
  private first: OpenStudy | null = null

  constructor({ host, dataFolder, resources, log }: ApplicationOptions) {
    this.host = host
    this.resources = resources
    this.log = log
    this.folders = foldersIn(dataFolder)
    try {
      makeFolders(this.folders)
    } catch (error) {
      throw fileError(error, dataFolder, 'write')
    }
    this.recent = new RecentStudies(join(this.folders.data, 'recent.json'))
    this.studies = new Studies(this.folders, this.recent)
    this.evaluations = new Evaluations(this.folders.cache)
    this.devices = new Devices({
      launchEngine: () => host.launchEngine(),
      file: join(this.folders.data, 'devices.json'),
      log
    })
    this.queue = new MeasurementQueue({
      evaluations: this.evaluations,
      devices: this.devices,
      calibrations: new Calibrations(this.folders.calibrations),
      launchEngine: (settings) => host.launchEngine(settings),
      log
    })
    this.router = applicationRouter(this, log)
  }

  get uploadsFolder(): string {
    return this.folders.uploads
  }

  get firstStudy(): StudyInfo | null {
    return this.first?.info() ?? null
  }

  /** The sample study, in the data folder or in one of the user's. */
  openSample(folder: string = this.folders.sample): Promise<OpenStudy> {
    return openSample(this.resources, folder, this)
  }

  /** Opens a study and takes up what was being measured in it when it was left. */
  openStudy(path: string, create?: NewStudy): OpenStudy {
    const study = this.studies.openFile(path, create)
    if (this.host.kind !== 'cli') this.queue.resumeLeft(study)
    return study
  }

  /**
   * What a workstation does at its start: opens the study that was asked for; on the very first start the sample,
   * which it measures; otherwise studies whose measurement was left, to go on with it.
   */
  async begin(path?: string): Promise<{ study: StudyInfo; run: Run | null } | null> {
    if (path !== undefined) {
      this.first = this.openStudy(path)
      return { study: this.first.info(), run: null }
    }
    if (!this.recent.any) {
      this.first = await this.openSample()
      const run = await this.queue.start(this.first, measurementSpecSchema.parse({}))
      return { study: this.first.info(), run }
    }
    const [latest] = this.recent.list()
    if (latest === undefined) return null
    const study = this.openLatest(latest.path)
    if (study === null) return null
    const left = this.queue.runs(study).find(({ state }) => state === 'queued' || state === 'running')
    if (left === undefined) return null
    this.first = study
    return { study: study.info(), run: left }
  }

  /** Nobody asked for this study: one that cannot be opened keeps nothing from starting. */
  private openLatest(path: string): OpenStudy | null {
    try {
      return this.openStudy(path)
    } catch (error) {
      this.log.warn({ err: error, path }, 'the latest study was not opened')
      return null
    }
  }

  /** Stops engines and closes studies; runs that were under way go on at the next start. */
  async close(): Promise<void> {
    this.evaluations.cancelAll()
    await this.devices.close()
    await this.queue.close()
    this.studies.close()
  }
}

import { shallowRef } from 'vue'
import type { LinchpinClient } from '@shared/contract'
import type { StudyInfo } from '@shared/contract/study'
import type { Connection } from '../client/connection'
import type { Drop } from '../client/drop'
import { Devices } from './devices'
import { Task } from './task'

export type ApplicationInfo = Awaited<ReturnType<LinchpinClient['application']['info']>>
type Purpose = Parameters<LinchpinClient['application']['chooseFiles']>[0]['purpose']

/** Which study is open, and what was dropped before there was one. */
export class Workspace {
  readonly connection: Connection
  readonly info: ApplicationInfo
  readonly study = shallowRef<StudyInfo | null>(null)
  /** Files to import once the study that is being made is open. */
  readonly pending = shallowRef<Drop | null>(null)
  readonly opening = new Task()
  readonly devices = new Devices(() => this.client)

  constructor(connection: Connection, info: ApplicationInfo) {
    this.connection = connection
    this.info = info
    this.study.value = info.study
  }

  get client(): LinchpinClient {
    return this.connection.client
  }

  openSample(): Promise<boolean> {
    return this.show(() => this.client.studies.openSample())
  }

  open(path: string): Promise<boolean> {
    return this.show(() => this.client.studies.open({ path }))
  }

  /** @param path where the study's file is made; without one, in the application's folder. */
  create(name: string, path?: string): Promise<boolean> {
    return this.show(() => this.client.studies.create(path === undefined ? { name } : { name, path }))
  }

  /** Opens a chosen or dropped study file. In a browser it is a copy on the machine that runs Linchpin. */
  openFile(file: File): Promise<boolean> {
    return this.show(async () => this.client.studies.open({ path: await this.connection.filePath(file) }))
  }

  close(): void {
    this.study.value = null
    this.pending.value = null
  }

  /** The host's file dialog; null where it has none or it was cancelled. */
  async chooseFiles(purpose: Purpose): Promise<readonly string[] | null> {
    if (!this.info.dialogs) return null
    return (await this.opening.run(() => this.client.application.chooseFiles({ purpose }))) ?? null
  }

  private async show(open: () => Promise<StudyInfo>): Promise<boolean> {
    const study = await this.opening.run(open)
    if (study === undefined) return false
    this.study.value = study
    return true
  }
}

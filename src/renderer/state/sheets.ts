import { shallowRef } from 'vue'
import type { DroppedEntry, Drop } from '../client/drop'
import { ImportList } from './imports/list'
import type { StudyState } from './study'
import type { Workspace } from './workspace'

export interface ImageChoice {
  /** On the machine that runs Linchpin. */
  readonly path?: string
  readonly entry?: DroppedEntry
  readonly labels?: DroppedEntry
}

/** The dialogs of a study: which is open, and with what. */
export class Sheets {
  readonly imports: ImportList
  readonly importOpen = shallowRef(false)
  readonly evaluationOpen = shallowRef(false)
  readonly measureOpen = shallowRef(false)
  /** What the evaluation sheet starts with. */
  readonly images = shallowRef<ImageChoice | null>(null)
  /** What of the last drop was not used, and why. */
  readonly ignored = shallowRef<Drop['ignored']>([])
  private readonly workspace: Workspace

  constructor(workspace: Workspace, study: StudyState) {
    this.workspace = workspace
    this.imports = new ImportList(workspace.connection, study)
  }

  /** Opens the import sheet; where there are dialogs, asks for the files at once. */
  async addModels(): Promise<void> {
    this.importOpen.value = true
    const paths = await this.workspace.chooseFiles('checkpoints')
    if (paths !== null) this.imports.addPaths(paths)
    else if (this.workspace.info.dialogs && this.imports.rows.value.length === 0)
      this.importOpen.value = false
  }

  async chooseImages(): Promise<void> {
    this.images.value = null
    this.evaluationOpen.value = true
    const [path] = (await this.workspace.chooseFiles('images')) ?? []
    if (path !== undefined) this.images.value = { path }
  }

  measure(): void {
    this.measureOpen.value = true
  }

  get anyOpen(): boolean {
    return this.importOpen.value || this.evaluationOpen.value || this.measureOpen.value
  }

  /** Sends each part of a drop where it belongs. */
  accept(drop: Drop): void {
    this.ignored.value = drop.ignored
    if (drop.study?.file) {
      void this.workspace.openFile(drop.study.file)
      return
    }
    if (drop.checkpoints.length > 0) {
      this.importOpen.value = true
      this.imports.addDropped(drop.checkpoints, drop.companions)
    }
    if (drop.images !== null) {
      this.images.value = { entry: drop.images, ...(drop.labels === null ? {} : { labels: drop.labels }) }
      if (drop.checkpoints.length === 0) this.evaluationOpen.value = true
    }
  }
}

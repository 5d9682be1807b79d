import type { LinchpinClient } from '@shared/contract'

/** Fraction in [0, 1] of a transfer. */
export type OnProgress = (done: number) => void

/** Where an uploaded file is put: files of one group keep their relative paths to each other. */
export interface UploadPlace {
  readonly group: string
  /** With `/`; the file's name for a file of its own. */
  readonly path: string
}

/** The page's only way to the application. */
export interface Connection {
  readonly client: LinchpinClient
  readonly kind: 'desktop' | 'browser'
  /**
   * A path that the application can read: on the desktop the file's own, in a browser that of an uploaded copy.
   * @param signal ends the upload; the promise is rejected then.
   */
  filePath(file: File, onProgress?: OnProgress, place?: UploadPlace, signal?: AbortSignal): Promise<string>
  /** The folder that holds a group's files; null on the desktop, where nothing is copied. */
  groupFolder(group: string): string | null
  /** Resolves when the connection ends; every pending and later call is rejected with CONNECTION_CLOSED. */
  readonly closed: Promise<void>
}

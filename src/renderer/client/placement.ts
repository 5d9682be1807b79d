import type { Connection, OnProgress } from './connection'
import type { DroppedEntry } from './drop'
import { newGroup } from './group'
import type { Limit } from './limit'
import { companionsOf } from './sorting'

interface Sending {
  readonly path: Promise<string>
  /** Asked for it and still wait: when none is left, it ends. */
  readonly waiting: Set<AbortSignal>
  readonly controller: AbortController
}

/**
 * Where the files of one drop are put: in a browser they are uploaded into one folder, each once, so that a checkpoint
 * finds its companions beside it; on the desktop they are there already.
 */
export class Placement {
  private readonly connection: Connection
  private readonly companions: readonly DroppedEntry[]
  private readonly limit: Limit
  private readonly group = newGroup()
  private readonly sent = new Map<DroppedEntry, Sending>()

  constructor(connection: Connection, companions: readonly DroppedEntry[], limit: Limit) {
    this.connection = connection
    this.companions = companions
    this.limit = limit
  }

  /**
   * The checkpoint's path for the application, once its own companions are in place too.
   * @param onProgress fraction of the bytes of all of them.
   * @param signal aborted when the path is of no use any more: what nobody else waits for is not sent further.
   */
  async path(checkpoint: DroppedEntry, onProgress: OnProgress, signal: AbortSignal): Promise<string> {
    const besides = this.connection.kind === 'desktop' ? [] : companionsOf(checkpoint, this.companions)
    const all = [...besides, checkpoint]
    const total = all.reduce((bytes, { file }) => bytes + (file?.size ?? 0), 0)
    const done = new Map<DroppedEntry, number>()
    const advance = (entry: DroppedEntry, fraction: number): void => {
      done.set(entry, fraction * (entry.file?.size ?? 0))
      if (total > 0) onProgress([...done.values()].reduce((sum, bytes) => sum + bytes, 0) / total)
    }
    const paths = await Promise.all(
      all.map(async (entry) => {
        const path = await this.send(entry, (fraction) => advance(entry, fraction), signal)
        advance(entry, 1)
        return path
      })
    )
    return paths.at(-1) ?? ''
  }

  /** A companion that several checkpoints share is sent for the first one that asks. */
  private send(entry: DroppedEntry, onProgress: OnProgress, signal: AbortSignal): Promise<string> {
    const { file, name, folder } = entry
    if (file === null) return Promise.reject(new Error(`“${name}” is not a file.`))
    const path = folder === undefined ? name : `${folder}/${name}`
    const known = this.sent.get(entry)
    if (known) {
      this.wait(entry, known, signal)
      return known.path
    }
    const controller = new AbortController()
    const sending: Sending = {
      path: this.limit.run(() => {
        controller.signal.throwIfAborted()
        const place = { group: this.group, path }
        return this.connection.filePath(file, onProgress, place, controller.signal)
      }),
      waiting: new Set(),
      controller
    }
    this.sent.set(entry, sending)
    this.wait(entry, sending, signal)
    // Tried anew by the next who asks; each who waits sees the failure.
    sending.path.catch(() => this.forget(entry, sending))
    return sending.path
  }

  private wait(entry: DroppedEntry, sending: Sending, signal: AbortSignal): void {
    const { waiting, controller, path } = sending
    waiting.add(signal)
    const leave = (): void => {
      waiting.delete(signal)
      if (waiting.size > 0) return
      this.forget(entry, sending)
      controller.abort()
    }
    signal.addEventListener('abort', leave)
    // Once it is there, it stays.
    const stay = (): void => signal.removeEventListener('abort', leave)
    path.then(stay, stay)
  }

  private forget(entry: DroppedEntry, sending: Sending): void {
    if (this.sent.get(entry) === sending) this.sent.delete(entry)
  }
}

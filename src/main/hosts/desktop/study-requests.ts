/**
 * Studies that the system asks to be opened. Such a request can come before there is a page, as when a double
 * click starts the program; the last one then waits for it.
 */
export class StudyRequests {
  #show: ((path: string) => void) | null = null
  #waiting: string | null = null

  open(path: string): void {
    if (this.#show === null) this.#waiting = path
    else this.#show(path)
  }

  /** The study that waits, if any, for someone else to open. */
  take(): string | null {
    const path = this.#waiting
    this.#waiting = null
    return path
  }

  /** From now on there is a page that shows studies. */
  pageIsReady(show: (path: string) => void): void {
    this.#show = show
    const path = this.take()
    if (path !== null) show(path)
  }

  pageHasGone(): void {
    this.#show = null
  }
}

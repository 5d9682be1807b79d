import { LinchpinError } from '@shared/errors'

/** Knows whether the carrier is gone, and turns what fails because of it into one clear error. */
export class Closing {
  readonly closed: Promise<void>
  private ended = false
  private end: () => void

  constructor() {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    this.closed = promise
    this.end = () => resolve(undefined)
  }

  close(): void {
    this.ended = true
    this.end()
  }

  /** An interceptor of every call. */
  readonly guard = async (call: { next: () => Promise<unknown> }): Promise<unknown> => {
    if (this.isClosed()) throw connectionClosed()
    try {
      return await call.next()
    } catch (error) {
      throw this.isClosed() ? connectionClosed() : error
    }
  }

  private isClosed(): boolean {
    return this.ended
  }
}

function connectionClosed(): LinchpinError {
  return new LinchpinError('CONNECTION_CLOSED', 'Linchpin no longer answers.', { fix: 'Reload the page.' })
}

/** One end of a connection, in the form that oRPC takes, over whatever carries the messages. */
type Listener<T> = (value: T) => void

/**
 * A message port made of two functions: how a message is sent, and what happens to one that comes too late.
 * The owner calls `receive` for each message of the other side and `close` when the connection has ended;
 * `close` makes oRPC reject the calls that are pending on this end and abort those it serves.
 */
export class PortAdapter {
  readonly #send: (message: unknown) => void
  readonly #sendAfterClose: () => void
  readonly #messageListeners: Listener<unknown>[] = []
  readonly #closeListeners: Listener<void>[] = []
  #closed = false

  readonly onMessage = {
    addListener: (listener: Listener<unknown>): void => {
      this.#messageListeners.push(listener)
    }
  }
  readonly onDisconnect = {
    addListener: (listener: Listener<void>): void => {
      this.#closeListeners.push(listener)
    }
  }

  /**
   * @param sendAfterClose what sending does once the connection has ended. A client must throw, or the call
   *   would wait for ever; a server has nobody left to tell and does nothing.
   */
  constructor(send: (message: unknown) => void, sendAfterClose: () => void) {
    this.#send = send
    this.#sendAfterClose = sendAfterClose
  }

  postMessage(message: unknown): void {
    if (this.#closed) this.#sendAfterClose()
    else this.#send(message)
  }

  receive(message: unknown): void {
    if (this.#closed) return
    for (const listener of this.#messageListeners) listener(message)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const listener of this.#closeListeners) listener()
  }
}

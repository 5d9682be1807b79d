/**
 * A terminal sends Ctrl-C to the whole foreground group, and npm then passes its own copy on to its script:
 * the program would get two. Those within this time are one.
 */
const togetherMs = 500

/** To be called before anything listens for signals: Node binds `process.emit` at the first listener. */
export function mergeRepeatedInterrupts(): void {
  const last = new Map<string | symbol, number>()
  const emit = process.emit.bind(process) as (event: string | symbol, ...values: unknown[]) => boolean
  const merged = (event: string | symbol, ...values: unknown[]): boolean => {
    if (event === 'SIGINT' || event === 'SIGTERM') {
      const now = performance.now()
      const before = last.get(event)
      if (before !== undefined && now - before < togetherMs) return true
      last.set(event, now)
      listenFor(event)
    }
    return emit(event, ...values)
  }
  process.emit = merged as typeof process.emit
}

/** Without a listener, as after `once`, the copy would have its default action and end the program at once. */
function listenFor(signal: 'SIGINT' | 'SIGTERM'): void {
  const ignore = (): void => undefined
  process.on(signal, ignore)
  setTimeout(() => process.off(signal, ignore), togetherMs).unref()
}

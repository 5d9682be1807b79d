/** Which host `npm start` opens. */
export interface HostFacts {
  readonly platform: NodeJS.Platform
  /** Linux: DISPLAY or WAYLAND_DISPLAY is set. */
  readonly display: boolean
  readonly root: boolean
  readonly browserFlag: boolean
  /** Options that only the browser's host knows, such as --port. */
  readonly serveOptions: boolean
  /** The Electron runtime is on this machine. */
  readonly runtime: boolean
}

export interface HostChoice {
  readonly host: 'desktop' | 'browser'
  /** One line; absent when the user asked for this host. */
  readonly reason?: string
}

export function decideHost(facts: HostFacts): HostChoice {
  const browser = (reason?: string): HostChoice => ({
    host: 'browser',
    ...(reason !== undefined && { reason: `${reason}: Linchpin runs in the browser.` })
  })
  if (facts.browserFlag || facts.serveOptions) return browser()
  if (facts.platform === 'linux' && !facts.display) return browser('No display')
  if (facts.platform === 'linux' && facts.root) {
    return browser('No desktop window for root, whom Electron gives no sandbox')
  }
  if (!facts.runtime) return browser('No Electron runtime on this machine')
  return { host: 'desktop' }
}

const serveOptions = ['--port', '--host', '--no-open']

export const hasServeOptions = (words: readonly string[]): boolean =>
  words.some((word) => serveOptions.includes(word.split('=')[0] ?? ''))

/**
 * Whether Electron could not even open a window: a library is missing (127), or its sandbox is forbidden, as
 * on Ubuntu since 23.10 (it traps).
 */
export const couldNotOpen = (code: number | null, signal: NodeJS.Signals | null): boolean =>
  code === 127 || signal === 'SIGTRAP' || signal === 'SIGABRT' || signal === 'SIGILL'

import open from 'open'

/**
 * Whether a browser that this process opens would be seen by its user: not in automation, not on a machine
 * that is reached over SSH, and on Linux only where there is a display.
 */
export function canOpenBrowser(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): boolean {
  const set = (name: string): boolean => (env[name] ?? '') !== ''
  if (set('CI') || set('SSH_CONNECTION')) return false
  return platform === 'win32' || platform === 'darwin' || set('DISPLAY') || set('WAYLAND_DISPLAY')
}

/** Opens an address in the user's browser where there is one. A failure is quiet: the address is printed too. */
export async function openBrowser(address: string): Promise<void> {
  if (!canOpenBrowser(process.platform, process.env)) return
  try {
    const opener = await open(address)
    opener.on('error', () => undefined)
  } catch {
    // The user opens the printed address.
  }
}

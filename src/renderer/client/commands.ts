import { COMMAND_MESSAGE, OPEN_STUDY_MESSAGE, type MenuCommand } from '../../preload/api'

const KEYS: Readonly<Record<string, MenuCommand>> = {
  o: 'open-study',
  n: 'new-study',
  i: 'add-models',
  m: 'measure',
  f: 'filter'
}
const COMMANDS: ReadonlySet<string> = new Set<MenuCommand>([
  'new-study',
  'open-study',
  'open-sample',
  'add-models',
  'set-images',
  'measure',
  'filter'
])

export const isMac = navigator.userAgent.includes('Mac OS')

/** `Ctrl+M`, or `⌘M` on a Mac. */
export function shortcut(letter: string): string {
  return isMac ? `⌘${letter}` : `Ctrl+${letter}`
}

function isCommand(value: unknown): value is MenuCommand {
  return typeof value === 'string' && COMMANDS.has(value)
}

/**
 * Commands of the menu and of the keyboard, in one stream.
 * @param run says whether it did something; if not, the browser's own meaning of the key stays.
 */
export function listenForCommands(run: (command: MenuCommand) => boolean): () => void {
  const onKey = (event: KeyboardEvent): void => {
    if (!(isMac ? event.metaKey : event.ctrlKey) || event.altKey || event.shiftKey) return
    const command = KEYS[event.key.toLowerCase()]
    if (command !== undefined && run(command)) event.preventDefault()
  }
  const onMessage = (event: MessageEvent<unknown>): void => {
    const { data, source } = event
    if (source !== window || typeof data !== 'object' || data === null || !('type' in data)) return
    if (data.type === COMMAND_MESSAGE && 'command' in data && isCommand(data.command)) run(data.command)
  }
  window.addEventListener('keydown', onKey)
  window.addEventListener('message', onMessage)
  return () => {
    window.removeEventListener('keydown', onKey)
    window.removeEventListener('message', onMessage)
  }
}

/** Studies that the system asked for, e.g. by a double click on their file. */
export function listenForStudies(open: (path: string) => void): () => void {
  const onMessage = (event: MessageEvent<unknown>): void => {
    const { data, source } = event
    if (source !== window || typeof data !== 'object' || data === null || !('type' in data)) return
    if (data.type === OPEN_STUDY_MESSAGE && 'path' in data && typeof data.path === 'string') open(data.path)
  }
  window.addEventListener('message', onMessage)
  return () => window.removeEventListener('message', onMessage)
}

import type { MenuItemConstructorOptions } from 'electron'
import type { MenuCommand } from '../../../preload/api'

export type Theme = 'system' | 'light' | 'dark'

export interface MenuActions {
  /** Hands a command to the page of the focused window. */
  command(command: MenuCommand): void
  setTheme(theme: Theme): void
  openLog(): void
}

const THEMES: readonly { readonly theme: Theme; readonly label: string }[] = [
  { theme: 'system', label: 'Like the system' },
  { theme: 'light', label: 'Light' },
  { theme: 'dark', label: 'Dark' }
]

/** The application menu; `theme` is the one that is set when the menu is made. */
export function menuTemplate(
  platform: NodeJS.Platform,
  theme: Theme,
  actions: MenuActions
): MenuItemConstructorOptions[] {
  const command = (label: string, name: MenuCommand, accelerator?: string): MenuItemConstructorOptions => ({
    label,
    click: () => actions.command(name),
    ...(accelerator === undefined ? {} : { accelerator })
  })
  const separator: MenuItemConstructorOptions = { type: 'separator' }
  const isMac = platform === 'darwin'
  return [
    ...(isMac ? [{ role: 'appMenu' } as const] : []),
    {
      label: '&File',
      submenu: [
        command('New study…', 'new-study', 'CmdOrCtrl+N'),
        command('Open study…', 'open-study', 'CmdOrCtrl+O'),
        command('Open sample study', 'open-sample'),
        separator,
        command('Add models…', 'add-models', 'CmdOrCtrl+I'),
        command('Evaluation images…', 'set-images'),
        // On a Mac ⌘M is the window menu's, and reaches the page first.
        command('Measure…', 'measure', isMac ? undefined : 'Ctrl+M'),
        separator,
        { role: isMac ? 'close' : 'quit' }
      ]
    },
    {
      label: '&Edit',
      submenu: [
        { role: 'undo' },
        { role: 'redo' },
        separator,
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'selectAll' },
        separator,
        command('Filter', 'filter', 'CmdOrCtrl+F')
      ]
    },
    {
      label: '&View',
      submenu: [
        { role: 'reload' },
        { role: 'toggleDevTools' },
        separator,
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
        separator,
        {
          label: 'Appearance',
          submenu: THEMES.map((entry) => ({
            label: entry.label,
            type: 'radio',
            checked: entry.theme === theme,
            click: () => actions.setTheme(entry.theme)
          }))
        }
      ]
    },
    { role: 'windowMenu' },
    { role: 'help', submenu: [{ label: 'Open log file', click: () => actions.openLog() }] }
  ]
}

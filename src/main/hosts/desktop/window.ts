import { BrowserWindow, nativeTheme, screen, shell } from 'electron'
import type { Logger } from 'pino'
import { isExternalLink, isPartOfPage } from './page-address'
import { MINIMUM_SIZE, readWindowState, windowPlace, writeWindowState } from './window-state'

const BACKGROUND = { light: '#ffffff', dark: '#17191c' } as const

export interface WindowOptions {
  /** The page's address. */
  readonly page: string
  readonly preload: string
  /** Where the window's place is remembered. */
  readonly stateFile: string
  readonly log: Logger
}

/** Opens the window on the page, which has no Node and can go nowhere else. */
export function openWindow(options: WindowOptions): BrowserWindow {
  const displays = screen.getAllDisplays().map((display) => display.workArea)
  const place = windowPlace(readWindowState(options.stateFile), displays)
  const window = new BrowserWindow({
    ...place.bounds,
    minWidth: MINIMUM_SIZE.width,
    minHeight: MINIMUM_SIZE.height,
    title: 'Linchpin',
    show: false,
    backgroundColor: nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
    webPreferences: {
      preload: options.preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true
    }
  })
  if (place.maximized) window.maximize()
  window.once('ready-to-show', () => window.show())
  window.on('close', () => remember(window, options))
  keepOnPage(window, options)
  window
    .loadURL(options.page)
    .catch((error: unknown) => options.log.error({ err: error }, 'the page did not load'))
  return window
}

function remember(window: BrowserWindow, { stateFile, log }: WindowOptions): void {
  try {
    writeWindowState(stateFile, { bounds: window.getNormalBounds(), maximized: window.isMaximized() })
  } catch (error) {
    log.warn({ err: error }, "the window's place was not remembered")
  }
}

function keepOnPage(window: BrowserWindow, { page, log }: WindowOptions): void {
  const { webContents } = window
  webContents.on('will-navigate', (event) => {
    // Reloading is a navigation too.
    if (!isPartOfPage(event.url, page)) event.preventDefault()
  })
  webContents.on('will-attach-webview', (event) => event.preventDefault())
  webContents.setWindowOpenHandler(({ url }) => {
    if (isExternalLink(url)) {
      shell.openExternal(url).catch((error: unknown) => log.warn({ err: error }, 'the link was not opened'))
    }
    return { action: 'deny' }
  })
  webContents.on('render-process-gone', (_, details) => log.error({ details }, 'the page has gone'))
}

import { app, BrowserWindow, dialog, Menu, nativeTheme, session, shell } from 'electron'
import { join } from 'node:path'
import pino, { type Logger } from 'pino'
import { toProblem } from '@shared/errors'
import { COMMAND_CHANNEL, OPEN_STUDY_CHANNEL } from '../../../preload/channels'
import { Application } from '../../application'
import { studyInArguments } from './arguments'
import { chooseFiles } from './dialogs'
import { menuTemplate } from './menu'
import { PAGE_ADDRESS } from './page-address'
import { connectPages } from './page-connections'
import { registerPageScheme, setUpSession } from './session-policy'
import { StudyRequests } from './study-requests'
import { launchUtilityEngine } from './utility-engine'
import { openWindow } from './window'

/** Where the build and the installation have put things. */
export interface DesktopFiles {
  readonly preload: string
  readonly rendererFolder: string
  readonly engine: string
  readonly resources: string
}

/** Runs the application in a window. A second start of it hands its study to the first and ends. */
export function startDesktop(files: DesktopFiles): void {
  app.setName('Linchpin')
  registerPageScheme()
  if (!app.requestSingleInstanceLock()) {
    app.quit()
    return
  }
  const studies = new StudyRequests()
  const requested = studyInArguments(process.argv, process.cwd())
  if (requested !== null) studies.open(requested)
  app.on('open-file', (event, path) => {
    event.preventDefault()
    studies.open(path)
  })
  app.on('second-instance', (_, argv, folder) => {
    const path = studyInArguments(argv, folder)
    if (path !== null) studies.open(path)
    const [window] = BrowserWindow.getAllWindows()
    if (window?.isMinimized()) window.restore()
    window?.focus()
  })
  app
    .whenReady()
    .then(() => run(files, studies))
    .catch((error: unknown) => {
      const problem = toProblem(error)
      dialog.showErrorBox('Linchpin could not start', [problem.message, problem.fix ?? ''].join('\n'))
      app.exit(1)
    })
}

async function run(files: DesktopFiles, studies: StudyRequests): Promise<void> {
  const dataFolder = app.getPath('userData')
  const logFile = join(dataFolder, 'linchpin.log')
  const log = pino({}, pino.destination({ dest: logFile, mkdir: true, sync: true }))
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'))

  const application = new Application({
    host: {
      kind: 'desktop',
      launchEngine: (settings) => launchUtilityEngine({ entry: files.engine, log, ...settings }),
      chooseFiles: async (purpose) => {
        const window = BrowserWindow.getFocusedWindow() ?? BrowserWindow.getAllWindows()[0]
        return window === undefined ? null : chooseFiles(window, purpose)
      }
    },
    dataFolder,
    resources: files.resources,
    log
  })
  closeAtEnd(application, log)
  await begin(application, studies, log)

  const page = (app.isPackaged ? undefined : process.env['ELECTRON_RENDERER_URL']) ?? PAGE_ADDRESS
  setUpSession(session.defaultSession, files.rendererFolder)
  connectPages(application, {
    page,
    log,
    onConnected: (contents) => studies.pageIsReady((path) => contents.send(OPEN_STUDY_CHANNEL, path))
  })
  Menu.setApplicationMenu(
    Menu.buildFromTemplate(
      menuTemplate(process.platform, nativeTheme.themeSource, {
        command: (command) => BrowserWindow.getFocusedWindow()?.webContents.send(COMMAND_CHANNEL, command),
        setTheme: (theme) => {
          nativeTheme.themeSource = theme
        },
        openLog: () => void shell.openPath(logFile)
      })
    )
  )

  function showWindow(): void {
    const stateFile = join(dataFolder, 'window.json')
    const window = openWindow({ page, preload: files.preload, stateFile, log })
    window.on('closed', () => studies.pageHasGone())
  }
  showWindow()
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) showWindow()
  })
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit()
  })
}

/** Opens the first study. One that cannot be opened is left to the page, which shows why. */
async function begin(application: Application, studies: StudyRequests, log: Logger): Promise<void> {
  const path = studies.take()
  try {
    await application.begin(path ?? undefined)
  } catch (error) {
    log.warn({ err: error, path }, 'the first study was not opened')
    if (path !== null) studies.open(path)
  }
}

/** Stops the engines and closes the studies before the program ends; what was measured stays. */
function closeAtEnd(application: Application, log: Logger): void {
  let closing = false
  app.on('will-quit', (event) => {
    event.preventDefault()
    if (closing) return
    closing = true
    application
      .close()
      .catch((error: unknown) => log.error({ err: error }, 'the application did not close well'))
      .finally(() => app.exit(0))
  })
}

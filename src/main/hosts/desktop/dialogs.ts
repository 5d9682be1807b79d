import { dialog, type OpenDialogOptions } from 'electron'
import type { FilePurpose } from '../../application/ports'
import { dialogFor, withStudyExtension } from './dialog-options'

const FOLDER = 0
const FILE = 1
const CANCEL = 2

/** Shows the native dialog of a purpose over the window. Null: the user cancelled. */
export async function chooseFiles(
  window: Electron.BrowserWindow,
  purpose: FilePurpose
): Promise<string[] | null> {
  const step = dialogFor(purpose, process.platform)
  if (step.kind === 'open') return openFiles(window, step.options)
  if (step.kind === 'save') {
    const { canceled, filePath } = await dialog.showSaveDialog(window, step.options)
    return canceled || filePath === '' ? null : [withStudyExtension(filePath)]
  }
  const { response } = await dialog.showMessageBox(window, {
    message: 'Where are the images?',
    buttons: ['Folder of images…', 'Array file (.npy)…', 'Cancel'],
    defaultId: FOLDER,
    cancelId: CANCEL
  })
  if (response === FOLDER) return openFiles(window, step.folder)
  return response === FILE ? openFiles(window, step.file) : null
}

async function openFiles(
  window: Electron.BrowserWindow,
  options: OpenDialogOptions
): Promise<string[] | null> {
  const { canceled, filePaths } = await dialog.showOpenDialog(window, options)
  return canceled || filePaths.length === 0 ? null : filePaths
}

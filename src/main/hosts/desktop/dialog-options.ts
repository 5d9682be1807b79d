import type { FileFilter, OpenDialogOptions, SaveDialogOptions } from 'electron'
import type { FilePurpose } from '../../application/ports'

const CHECKPOINTS: FileFilter[] = [
  {
    name: 'Checkpoints',
    // json: the index of a checkpoint in several files.
    extensions: ['safetensors', 'onnx', 'pth', 'pt', 'ckpt', 'bin', 'tar', 'npz', 'json']
  },
  { name: 'All files', extensions: ['*'] }
]
const LABELS: FileFilter[] = [
  { name: 'Labels', extensions: ['npy', 'csv', 'txt'] },
  { name: 'All files', extensions: ['*'] }
]
const STUDIES: FileFilter[] = [{ name: 'Linchpin studies', extensions: ['linchpin'] }]

/** Some systems choose files and folders in different dialogs: the user then says which first. */
export type DialogStep =
  | { readonly kind: 'open'; readonly options: OpenDialogOptions }
  | { readonly kind: 'save'; readonly options: SaveDialogOptions }
  | { readonly kind: 'folder-or-file'; readonly folder: OpenDialogOptions; readonly file: OpenDialogOptions }

/** The dialog that chooses files for a purpose. */
export function dialogFor(purpose: FilePurpose, platform: NodeJS.Platform): DialogStep {
  switch (purpose) {
    case 'checkpoints':
      return open({ title: 'Add models', filters: CHECKPOINTS, properties: ['openFile', 'multiSelections'] })
    case 'reinit':
      return open({ title: 'Checkpoint at initialisation', filters: CHECKPOINTS, properties: ['openFile'] })
    case 'study':
      return open({ title: 'Open study', filters: STUDIES, properties: ['openFile'] })
    case 'new-study':
      return {
        kind: 'save',
        options: {
          title: 'New study',
          defaultPath: 'Study.linchpin',
          filters: STUDIES,
          properties: ['createDirectory']
        }
      }
    case 'labels':
      return open({ title: 'Labels', filters: LABELS, properties: ['openFile'] })
    case 'images':
      return images(platform)
  }
}

function images(platform: NodeJS.Platform): DialogStep {
  const title = 'Evaluation images'
  const filters: FileFilter[] = [{ name: 'Arrays', extensions: ['npy'] }]
  if (platform === 'darwin') return open({ title, filters, properties: ['openFile', 'openDirectory'] })
  return {
    kind: 'folder-or-file',
    folder: { title, properties: ['openDirectory'] },
    file: { title, filters, properties: ['openFile'] }
  }
}

function open(options: OpenDialogOptions): DialogStep {
  return { kind: 'open', options }
}

/** A study's path as the save dialog gives it, with its extension where the user left it out. */
export function withStudyExtension(path: string): string {
  return path.toLowerCase().endsWith('.linchpin') ? path : `${path}.linchpin`
}

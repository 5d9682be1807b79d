import { open, readFile } from 'node:fs/promises'
import { LinchpinError } from '@shared/errors'
import { fileError } from '../../files/errors'
import { readNpyIntegers } from '../npy/integers'
import { parseCsv } from './csv'
import { bindRows } from './rows'
import { checkLabels, parseLabels, type BoundLabels } from './values'

/**
 * Reads a labels file and binds its labels to image files: `.npy` integers [N] or text with one integer a line,
 * both in file order, or CSV with the columns file and label (an integer or a class name). The content decides.
 * @param files in file order, relative to the source's folder
 * @param folderClasses names of the class folders: class names that are all among them keep their numbers
 * @throws LinchpinError LABELS_INVALID, and FILE_… or FORMAT_INVALID where the file cannot be read
 */
export async function readLabels(
  path: string,
  files: readonly string[],
  folderClasses: readonly string[] = []
): Promise<BoundLabels> {
  if (await isNpy(path))
    return { labels: inFileOrder(path, await readNpyIntegers(path), files.length), classes: [] }
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileError(error, path, 'read')
  })
  const rows = parseCsv(text.replace(/^\ufeff/, '').replaceAll(/\r\n?/g, '\n'))
  if (rows.length === 0) throw new LinchpinError('FILE_EMPTY', `"${path}" holds no labels.`)
  if (rows.some(({ fields }) => fields.length > 1)) return bindRows(path, rows, files, folderClasses)
  const labels = parseLabels(
    path,
    rows.map(({ line, fields }) => ({ where: `line ${line}`, text: fields[0] ?? '' }))
  )
  return { labels: inFileOrder(path, labels, files.length), classes: [] }
}

async function isNpy(path: string): Promise<boolean> {
  if (/\.npy$/i.test(path)) return true
  try {
    const handle = await open(path, 'r')
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(6), 0, 6, 0)
      return bytesRead === 6 && buffer.toString('latin1') === '\x93NUMPY'
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw fileError(error, path, 'read')
  }
}

function inFileOrder(path: string, labels: readonly number[], count: number): readonly number[] {
  if (labels.length !== count) {
    throw new LinchpinError(
      'LABELS_INVALID',
      `"${path}" has ${labels.length} labels, and there are ${count} images.`,
      { fix: 'Give one label for each image, in the order of the file names.' }
    )
  }
  checkLabels(path, labels)
  return labels
}

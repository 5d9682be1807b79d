import { stat } from 'node:fs/promises'
import type { ImageFile } from '@shared/contract/engine'
import type { Evaluation, SkippedImage } from '@shared/contract/evaluation'
import { LinchpinError } from '@shared/errors'
import { fileError } from '../../files/errors'
import { throwIfCancelled } from '../cancel'
import { readLabels } from '../labels/read'
import { openImageArray } from '../npy/image-array'
import { byCodePoint } from '../order'
import { Walker, type Listing } from './walk'

/** What a path holds before anything is decoded. */
export interface ImageSource {
  readonly kind: Evaluation['kind']
  readonly path: string
  /** In file order: paths relative to `path`, with `/`; for an array '0', '1' … */
  readonly files: readonly string[]
  /** One for each file, or null. */
  readonly labels: readonly number[] | null
  /** Names in label order; empty where there are none. */
  readonly classes: readonly string[]
  readonly skipped: readonly SkippedImage[]
  /** For kind `array`: where the pixels lie. */
  readonly array: ImageFile | null
}

/**
 * Lists images: of a folder of class folders in the order and with the labels of torchvision's `ImageFolder` (except
 * that hidden folders are no classes, and that a class may be empty), of a flat folder by name, or of a `.npy` file.
 * A labels file takes the place of the folders' labels.
 * @throws LinchpinError FILE_NOT_FOUND, FILE_UNREADABLE, NO_IMAGES, LABELS_INVALID, CANCELLED, and for arrays what
 *   `openImageArray` throws
 */
export async function scanImages(
  path: string,
  options: { labels?: string | undefined; signal?: AbortSignal | undefined } = {}
): Promise<ImageSource> {
  throwIfCancelled(options.signal)
  const source = await scan(path, options.signal)
  if (options.labels === undefined) return source
  return { ...source, ...(await readLabels(options.labels, source.files, source.classes)) }
}

async function scan(path: string, signal: AbortSignal | undefined): Promise<ImageSource> {
  try {
    const target = await stat(path)
    return target.isDirectory() ? await scanFolder(path, signal) : await scanArray(path)
  } catch (error) {
    throw fileError(error, path, 'read')
  }
}

async function scanArray(path: string): Promise<ImageSource> {
  if (/\.npz$/i.test(path)) {
    throw new LinchpinError('FORMAT_UNSUPPORTED', `"${path}" is a .npz archive; .npy files are read.`, {
      fix: 'Save its image array with numpy.save().'
    })
  }
  const array = await openImageArray(path)
  const files = Array.from({ length: array.count }, (_, index) => String(index))
  return { kind: 'array', path, files, labels: null, classes: [], skipped: [], array }
}

async function scanFolder(path: string, signal: AbortSignal | undefined): Promise<ImageSource> {
  const walker = new Walker(path, signal)
  const root = await walker.list('')
  const classes = await Promise.all(root.folders.map((folder) => walker.filesBelow(folder)))
  const files = classes.flat()
  if (files.length > 0) {
    const beside = root.images.map((file) => ({
      file,
      reason: 'It lies beside the class folders, in none of them.'
    }))
    return {
      kind: 'class-folders',
      path,
      files,
      labels: classes.flatMap((members, label) => members.map(() => label)),
      classes: root.folders,
      skipped: inOrder([...walker.skipped, ...beside]),
      array: null
    }
  }
  if (root.images.length === 0) throw noImages(path, root, walker.skipped)
  return {
    kind: 'flat-folder',
    path,
    files: root.images,
    labels: null,
    classes: [],
    skipped: inOrder(walker.skipped),
    array: null
  }
}

function inOrder(skipped: readonly SkippedImage[]): SkippedImage[] {
  return skipped.toSorted((a, b) => byCodePoint(a.file, b.file))
}

function noImages(path: string, root: Listing, skipped: readonly SkippedImage[]): LinchpinError {
  return new LinchpinError(
    'NO_IMAGES',
    `"${path}" holds ${root.folders.length} folders and ${root.others} other files, but no image.`,
    {
      fix: 'Choose a folder of class folders, or a folder with JPEG, PNG, WebP, TIFF, BMP, PPM, GIF or AVIF files.',
      details: skipped.map(({ file, reason }) => `${file}: ${reason}`)
    }
  )
}

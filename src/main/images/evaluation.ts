import { resolve } from 'node:path'
import type { ImageFile } from '@shared/contract/engine'
import type { Evaluation, EvaluationRequest, SkippedImage } from '@shared/contract/evaluation'
import { LinchpinError } from '@shared/errors'
import { AtomicFile, requireSpace } from './atomic-file'
import {
  cacheKey,
  findNote,
  findNoteByHash,
  makeCacheFolder,
  pixelPath,
  writeNote,
  type CacheNote
} from './cache'
import { firstOf, throwIfCancelled } from './cancel'
import { fill } from './fill'
import { openInput, type PixelInput } from './input'
import { imageBytes } from './npy/image-array'
import { PixelHash } from './pixel-hash'
import { scanImages, type ImageSource } from './scan/source'
import { selectImages, type Selection } from './select'

export interface PrepareOptions {
  readonly cacheFolder: string
  readonly signal?: AbortSignal | undefined
  /** Images that are ready, of those that are wanted. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** An evaluation set whose pixels lie ready for the engine. */
export interface PreparedEvaluation {
  readonly evaluation: Evaluation
  /** One for each image, in evaluation order; null without labels. */
  readonly labels: number[] | null
  /** In evaluation order, relative to the request's path; for arrays the index as text. */
  readonly files: string[]
  /** [N, 3, H, W] in evaluation order. */
  readonly images: ImageFile
}

/**
 * Chooses the images of a request and prepares their pixels in `cacheFolder`, or finds them there from before. An
 * array that is taken as a whole and has its channels first stays where it is. Images that cannot be read are
 * skipped and named; the next of the shuffled order takes their place.
 * @throws LinchpinError NO_IMAGES, LABELS_INVALID, OPTION_INVALID, ARRAY_INVALID, FORMAT_…, FILE_…, DISK_FULL, CANCELLED
 */
export async function prepareEvaluation(
  request: EvaluationRequest,
  options: PrepareOptions
): Promise<PreparedEvaluation> {
  const source = await scanImages(request.path, { labels: request.labels, signal: options.signal })
  const selection = selectImages(source.files.length, source.labels, request)
  const input = await openInput(source, request)
  try {
    const note = await preparePixels(source, selection, input, request, options)
    options.onProgress?.(note.images.count, note.images.count)
    return describe(request, source, note)
  } finally {
    await input.close()
  }
}

/**
 * The pixels of a set that was prepared before: those in the cache, or the same prepared again.
 * @throws LinchpinError FILE_CHANGED where the files are others now, and what `prepareEvaluation` throws
 */
export async function openEvaluation(evaluation: Evaluation, options: PrepareOptions): Promise<ImageFile> {
  const note = await findNoteByHash(options.cacheFolder, evaluation.hash, options.signal)
  if (note !== null) return note.images
  const prepared = await prepareEvaluation(evaluation.request, options)
  if (prepared.evaluation.hash === evaluation.hash) return prepared.images
  throw new LinchpinError(
    'FILE_CHANGED',
    `The images of "${evaluation.request.path}" were ${evaluation.hash.slice(0, 12)} (${evaluation.count} ` +
      `images) and are ${prepared.evaluation.hash.slice(0, 12)} (${prepared.evaluation.count} images) now.`,
    { fix: 'Bring the former files back, or choose the evaluation set again and measure anew.' }
  )
}

async function preparePixels(
  source: ImageSource,
  selection: Selection,
  input: PixelInput,
  request: EvaluationRequest,
  options: PrepareOptions
): Promise<CacheNote> {
  const folder = resolve(options.cacheFolder)
  const direct = request.all && source.array?.channelsLast === false ? source.array : null
  const settings = {
    path: resolve(source.path),
    preparation: source.array === null ? [request.resize, request.crop] : null,
    direct: direct !== null
  }
  const stamps = await stampAll(input, selection.order.slice(0, selection.count), options.signal)
  const key = cacheKey(settings, stamps)
  const found = await findNote(folder, key, options.signal)
  if (found !== null && (await isCurrent(found, source, selection, input))) return found

  await makeCacheFolder(folder)
  if (direct === null) await requireSpace(folder, selection.count * imageBytes(input))
  const target = direct === null ? await AtomicFile.create(pixelPath(folder, key, input.dtype)) : null
  try {
    const { hash, used, skipped, tried } = await writePixels(source, selection, input, target, options)
    await target?.commit()
    const { dtype, height, width } = input
    const path = target?.path ?? ''
    const images = direct ?? {
      path,
      offset: 0,
      dtype,
      height,
      width,
      channelsLast: false,
      count: used.length
    }
    const files = used.map((index) => source.files[index] ?? '')
    const beyond = selection.order.slice(selection.count, Math.max(tried, selection.count))
    const replacements = await stampAll(input, beyond, options.signal)
    return await writeNote(folder, key, { hash, images, files, skipped, replacements })
  } finally {
    await target?.discard()
  }
}

/** Images that stood in for skipped ones are not part of the key: their files must be what they were. */
async function isCurrent(
  note: CacheNote,
  source: ImageSource,
  selection: Selection,
  input: PixelInput
): Promise<boolean> {
  const known = new Set(source.files)
  if (!note.files.every((file) => known.has(file))) return false
  const end = selection.count + note.replacements.length
  const stamps = await stampAll(input, selection.order.slice(selection.count, end))
  // A set that fell short of its count has tried every image there was.
  const complete = note.files.length === selection.count || end === selection.order.length
  return complete && stamps.every((stamp, index) => stamp === note.replacements[index])
}

async function writePixels(
  source: ImageSource,
  selection: Selection,
  input: PixelInput,
  target: AtomicFile | null,
  { signal, onProgress }: PrepareOptions
): Promise<{ hash: string; used: number[]; skipped: SkippedImage[]; tried: number }> {
  const hash = new PixelHash()
  const used: number[] = []
  const skipped: SkippedImage[] = []
  await fill({
    ...selection,
    load: (index) => input.load(index),
    accept: async (index, pixels) => {
      hash.update(pixels)
      await target?.write(pixels)
      used.push(index)
      onProgress?.(used.length, selection.count)
    },
    refuse: (index, error) => {
      const reason = input.skipReason(error)
      if (reason === null) throw error
      skipped.push({ file: source.files[index] ?? '', reason })
    },
    signal
  })
  if (used.length === 0) {
    throw new LinchpinError(
      'NO_IMAGES',
      `"${source.path}" holds ${source.files.length} images, and none can be read.`,
      { details: firstOf(skipped.map(({ file, reason }) => `${file}: ${reason}`)) }
    )
  }
  return { hash: hash.digest(input, used.length), used, skipped, tried: used.length + skipped.length }
}

function describe(request: EvaluationRequest, source: ImageSource, note: CacheNote): PreparedEvaluation {
  const { images, files, hash } = note
  const labels = labelsOf(source, files)
  const counts = source.classes.map(() => 0)
  for (const label of labels ?? []) {
    while (counts.length <= label) counts.push(0)
    counts[label] = (counts[label] ?? 0) + 1
  }
  const evaluation: Evaluation = {
    request,
    kind: source.kind,
    hash,
    count: images.count,
    available: source.files.length,
    height: images.height,
    width: images.width,
    dtype: images.dtype,
    preparation: source.array === null ? { resize: request.resize, crop: request.crop } : null,
    labelled: labels !== null,
    classes: [...source.classes],
    classCounts: counts,
    skipped: [...source.skipped, ...note.skipped]
  }
  return { evaluation, labels, files, images }
}

function labelsOf(source: ImageSource, files: readonly string[]): number[] | null {
  const { labels } = source
  if (labels === null) return null
  const byFile = new Map(source.files.map((file, index) => [file, labels[index] ?? 0]))
  return files.map((file) => byFile.get(file) ?? 0)
}

/** Stamps in order; a thousand files at once. */
async function stampAll(
  input: PixelInput,
  indices: readonly number[],
  signal?: AbortSignal
): Promise<string[]> {
  const stamps: string[] = []
  for (let start = 0; start < indices.length; start += 1000) {
    throwIfCancelled(signal)
    const part = indices.slice(start, start + 1000)
    stamps.push(...(await Promise.all(part.map((index) => input.stamp(index)))))
  }
  return stamps
}

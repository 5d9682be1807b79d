import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { imageFileSchema, type ImageFile } from '@shared/contract/engine'
import { skippedImageSchema } from '@shared/contract/evaluation'
import { AtomicFile } from './atomic-file'
import { fileError } from '../files/errors'
import { imageBytes } from './npy/image-array'
import { hashImages } from './pixel-hash'

/** Raised when the same files would be prepared to other pixels, or the note has another form. */
const VERSION = 1

/** What lies beside the pixels, `<key>.json`; written last, so that pixels without it are never used. */
const noteSchema = z.object({
  version: z.literal(VERSION),
  /** See `PixelHash`. */
  hash: z.string(),
  images: imageFileSchema,
  /** Size and time of change of the pixels' file. */
  size: z.number(),
  mtimeMs: z.number(),
  /** The files of the set, in evaluation order. */
  files: z.array(z.string()),
  skipped: z.array(skippedImageSchema),
  /** Stamps of the images that were tried beyond those that the key covers, in place of skipped ones. */
  replacements: z.array(z.string())
})
export type CacheNote = z.infer<typeof noteSchema>

/** Names a preparation: its settings, and the stamp of each image in evaluation order. */
export function cacheKey(settings: unknown, stamps: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify([VERSION, settings]))
  for (const stamp of stamps) hash.update(`\n${stamp}`)
  return hash.digest('hex')
}

/** Makes the folder where there is none. @throws LinchpinError FILE_UNWRITABLE, DISK_FULL */
export async function makeCacheFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
  } catch (error) {
    throw fileError(error, folder, 'write')
  }
}

/** Where the pixels of a key lie. */
export function pixelPath(folder: string, key: string, dtype: ImageFile['dtype']): string {
  return join(folder, `${key}.${dtype === 'uint8' ? 'u8' : 'f32'}`)
}

/** The note of a key, if its pixels are there and sound. */
export async function findNote(folder: string, key: string, signal?: AbortSignal): Promise<CacheNote | null> {
  const note = await readNote(join(folder, `${key}.json`))
  return note !== null && (await isSound(note, signal)) ? note : null
}

/** A note whose pixels have this hash and are there and sound. */
export async function findNoteByHash(
  folder: string,
  hash: string,
  signal?: AbortSignal
): Promise<CacheNote | null> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names.filter((candidate) => candidate.endsWith('.json')).sort()) {
    const note = await readNote(join(folder, name))
    if (note?.hash === hash && (await isSound(note, signal))) return note
  }
  return null
}

/** Call it when the pixels lie under their name. @throws LinchpinError FILE_UNWRITABLE, DISK_FULL */
export async function writeNote(
  folder: string,
  key: string,
  content: Omit<CacheNote, 'version' | 'size' | 'mtimeMs'>
): Promise<CacheNote> {
  const { size, mtimeMs } = await stat(content.images.path)
  const note = { ...content, version: VERSION, size, mtimeMs } as const
  const file = await AtomicFile.create(join(folder, `${key}.json`))
  try {
    await file.write(Buffer.from(JSON.stringify(note)))
    await file.commit()
  } finally {
    await file.discard()
  }
  return note
}

async function readNote(path: string): Promise<CacheNote | null> {
  try {
    const note = noteSchema.safeParse(JSON.parse(await readFile(path, 'utf8')))
    return note.success ? note.data : null
  } catch {
    return null
  }
}

/** The file's size and time are those of the note; where only the time differs, the pixels are hashed again. */
async function isSound({ images, size, mtimeMs, hash }: CacheNote, signal?: AbortSignal): Promise<boolean> {
  const found = await stat(images.path).catch(() => null)
  if (found?.size !== size || size < images.offset + images.count * imageBytes(images)) return false
  return found.mtimeMs === mtimeMs || (await hashImages(images, signal)) === hash
}

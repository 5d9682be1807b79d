import { readdir, realpath, stat } from 'node:fs/promises'
import type { Dirent } from 'node:fs'
import { join } from 'node:path'
import type { SkippedImage } from '@shared/contract/evaluation'
import { errnoOf } from '../../files/errors'
import { throwIfCancelled } from '../cancel'
import { byCodePoint } from '../order'

/** torchvision's `IMG_EXTENSIONS`, and GIF and AVIF. */
const EXTENSION = /\.(jpe?g|png|ppm|bmp|pgm|tiff?|webp|gif|avif)$/i

/** One folder: names in Python's order. */
export interface Listing {
  readonly images: readonly string[]
  readonly folders: readonly string[]
  /** Other files, hidden ones not among them. */
  readonly others: number
}

/** A folder below the source's root. */
interface Place {
  /** Relative to the root, with `/`; '' is the root itself. */
  readonly path: string
  /** The real paths of the folder and of those above it, against links that lead back. */
  readonly trail: readonly string[]
}

/**
 * Lists image files below a folder. Links are followed, except back to a folder above them. Hidden files and
 * folders, and what macOS puts into archives, are passed over. What cannot be read is named in `skipped`.
 */
export class Walker {
  readonly skipped: SkippedImage[] = []
  readonly #root: string
  readonly #signal: AbortSignal | undefined

  constructor(root: string, signal: AbortSignal | undefined) {
    this.#root = root
    this.#signal = signal
  }

  /** One folder. Throws what `node:fs` throws. */
  async list(path: string): Promise<Listing> {
    const entries = await readdir(join(this.#root, path), { withFileTypes: true })
    const images: string[] = []
    const folders: string[] = []
    let others = 0
    for (const entry of entries) {
      if (entry.name.startsWith('.') || entry.name === '__MACOSX') continue
      const kind = await this.#kindOf(path, entry)
      if (kind === 'folder') folders.push(entry.name)
      else if (kind === 'file' && EXTENSION.test(entry.name)) images.push(entry.name)
      else if (kind === 'file') others++
    }
    return { images: images.sort(byCodePoint), folders: folders.sort(byCodePoint), others }
  }

  /**
   * The image files of a folder of the root and of all below it, relative to the root, in the order of torchvision's
   * `sorted(os.walk(…, followlinks=True))`: folder by folder in the order of their paths, then by name.
   */
  async filesBelow(folder: string): Promise<string[]> {
    const found: { path: string; images: readonly string[] }[] = []
    const root = await realpath(this.#root)
    const pending: Place[] = [{ path: folder, trail: await this.#trail(folder, [root]) }]
    for (let place = pending.pop(); place !== undefined; place = pending.pop()) {
      throwIfCancelled(this.#signal)
      if (place.trail.length === 0) continue
      const listing = await this.#listOrSkip(place.path)
      found.push({ path: place.path, images: listing.images })
      for (const name of listing.folders) {
        const path = `${place.path}/${name}`
        pending.push({ path, trail: await this.#trail(path, place.trail) })
      }
    }
    found.sort((a, b) => byCodePoint(a.path, b.path))
    return found.flatMap(({ path, images }) => images.map((name) => `${path}/${name}`))
  }

  async #listOrSkip(path: string): Promise<Listing> {
    try {
      return await this.list(path)
    } catch (error) {
      const code = errnoOf(error)
      if (code === undefined) throw error
      this.skipped.push({ file: path, reason: `The folder cannot be read (${code}).` })
      return { images: [], folders: [], others: 0 }
    }
  }

  /** The trail with the folder's real path; empty where the folder is one of those above it. */
  async #trail(path: string, above: readonly string[]): Promise<string[]> {
    const real = await realpath(join(this.#root, path)).catch(() => join(this.#root, path))
    if (!above.includes(real)) return [...above, real]
    this.skipped.push({ file: path, reason: 'The link leads back to a folder above it.' })
    return []
  }

  async #kindOf(folder: string, entry: Dirent): Promise<'file' | 'folder' | 'other'> {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    let target: Pick<Dirent, 'isDirectory' | 'isFile'> = entry
    if (entry.isSymbolicLink()) {
      try {
        target = await stat(join(this.#root, path))
      } catch (error) {
        this.skipped.push({ file: path, reason: `The link leads nowhere (${errnoOf(error) ?? 'unknown'}).` })
        return 'other'
      }
    }
    if (target.isDirectory()) return 'folder'
    return target.isFile() ? 'file' : 'other'
  }
}

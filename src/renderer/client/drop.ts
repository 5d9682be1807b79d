import { isCheckpointName } from './checkpoint-names'
import { sortPaths, type Sorted } from './sorting'

/** A file of a drop, with its path from the drop's top. */
export interface DroppedFile {
  readonly file: File
  readonly path: string
}

/** A top entry of a drop; a folder's files are listed only when they are asked for. */
export interface DroppedEntry {
  readonly name: string
  readonly directory: boolean
  /** The dropped folder that it lay in. */
  readonly folder?: string
  /** On the desktop also a folder has one: its path can be asked of the bridge. */
  readonly file: File | null
  files(): Promise<DroppedFile[]>
}

export type Drop = Sorted<DroppedEntry>

function entryFile(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject))
}

/** `readEntries` gives a hundred at a time, then none. */
async function children(entry: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = entry.createReader()
  const all: FileSystemEntry[] = []
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject)
    )
    if (some.length === 0) return all
    all.push(...some)
  }
}

const isDirectory = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory
const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile

async function walk(entry: FileSystemEntry, parent: string): Promise<DroppedFile[]> {
  const path = `${parent}${entry.name}`
  if (isFile(entry)) return [{ file: await entryFile(entry), path }]
  if (!isDirectory(entry)) return []
  const lists = await Promise.all((await children(entry)).map((child) => walk(child, `${path}/`)))
  return lists.flat()
}

/** A folder of checkpoints counts as its checkpoints; every other folder is a set of images. */
async function expand(entry: DroppedEntry, source: FileSystemEntry | null): Promise<DroppedEntry[]> {
  if (source === null || !isDirectory(source)) return [entry]
  const inside = (await children(source)).filter(({ name }) => !name.startsWith('.'))
  const flat = inside.every(isFile)
  if (!flat || !inside.some(({ name }) => isCheckpointName(name))) return [entry]
  return await Promise.all(
    inside.filter(isFile).map(async (child) => fileEntry(await entryFile(child), source.name))
  )
}

export function fileEntry(file: File, folder?: string): DroppedEntry {
  return {
    name: file.name,
    directory: false,
    ...(folder === undefined ? {} : { folder }),
    file,
    files: () => Promise.resolve([{ file, path: file.name }])
  }
}

/** Must be called while the drop event is handled: its items are gone afterwards. */
export async function readDrop(transfer: DataTransfer): Promise<Drop> {
  const items = [...transfer.items]
    .filter((item) => item.kind === 'file')
    .map((item) => ({ source: item.webkitGetAsEntry(), file: item.getAsFile() }))
  const lists = await Promise.all(
    items.map(({ source, file }): Promise<DroppedEntry[]> => {
      if (source?.isDirectory !== true) return Promise.resolve(file === null ? [] : [fileEntry(file)])
      const entry: DroppedEntry = {
        name: source.name,
        directory: true,
        file,
        files: () => walk(source, '')
      }
      return expand(entry, source)
    })
  )
  return sortPaths(lists.flat())
}

export function sortFiles(files: Iterable<File>): Drop {
  return sortPaths([...files].map((file) => fileEntry(file)))
}

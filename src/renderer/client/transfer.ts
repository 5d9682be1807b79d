import { LinchpinError } from '@shared/errors'
import { newGroup } from './group'
import { Limit } from './limit'
import type { Connection, OnProgress } from './connection'
import type { DroppedEntry, DroppedFile } from './drop'

const CONCURRENT = 4

/**
 * A path that the application can read for a dropped file or folder. In a browser the folder is uploaded file by
 * file, keeping its inner paths.
 * @param onProgress fraction of all bytes.
 */
export async function entryPath(
  connection: Connection,
  entry: DroppedEntry,
  onProgress: OnProgress
): Promise<string> {
  if (entry.file !== null && (connection.kind === 'desktop' || !entry.directory)) {
    return await connection.filePath(entry.file, onProgress)
  }
  return await sendFolder(connection, entry.name, await entry.files(), onProgress)
}

async function sendFolder(
  connection: Connection,
  name: string,
  files: readonly DroppedFile[],
  onProgress: OnProgress
): Promise<string> {
  if (files.length === 0) throw new LinchpinError('NO_IMAGES', `The folder “${name}” is empty.`)
  const group = newGroup()
  const limit = new Limit(CONCURRENT)
  const total = files.reduce((bytes, { file }) => bytes + file.size, 0)
  let sent = 0
  await Promise.all(
    files.map(({ file, path }) =>
      limit.run(async () => {
        await connection.filePath(file, undefined, { group, path })
        sent += file.size
        onProgress(total === 0 ? 1 : sent / total)
      })
    )
  )
  const root = connection.groupFolder(group)
  if (root === null) throw new Error('The host did not say where the folder was put.')
  return `${root}/${name}`
}

/** The files of an `<input webkitdirectory>` as one folder. */
export function chosenFolder(files: Iterable<File>): DroppedEntry | null {
  const all = [...files].map((file): DroppedFile => ({ file, path: file.webkitRelativePath || file.name }))
  const name = all[0]?.path.split('/')[0]
  if (name === undefined) return null
  return { name, directory: true, file: null, files: () => Promise.resolve(all) }
}

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileError } from '../files/errors'
import { zipReader } from './archives'
import { readConfig } from './config'
import { openCheckpointFile } from './file'
import { modelFileAt } from './folder'
import { onnxReader } from './onnx'
import { legacyReader } from './pytorch'
import { safetensorsReader } from './safetensors'
import { indexReader, openByShard } from './sharded'
import type { Checkpoint, CheckpointReader, Opened, OpenOptions } from './types'
import { unsupported } from './unsupported'

const READERS: readonly CheckpointReader[] = [
  safetensorsReader,
  zipReader,
  legacyReader,
  indexReader,
  onnxReader
]
const HEAD = 512

/**
 * Opens a checkpoint of any format that is read; close it after use.
 * @param path of a file, of any file of a sharded checkpoint, or of a folder with one model file in it.
 * @throws FILE_*, FORMAT_UNKNOWN, FORMAT_UNSUPPORTED, FORMAT_INVALID, OPTION_INVALID.
 */
export async function openCheckpoint(path: string, options: OpenOptions = {}): Promise<Checkpoint> {
  const file = await modelFileAt(path)
  const opened = (await openByShard(file, options)) ?? (await openFile(file, options))
  return { ...opened, config: await readConfig(file) }
}

async function openFile(path: string, options: OpenOptions): Promise<Opened> {
  const file = await openCheckpointFile(path)
  try {
    const head = await file.read(0, Math.min(HEAD, file.size))
    const reader = READERS.find((candidate) => candidate.match(head, file))
    if (reader === undefined) throw await unsupported(file, head)
    return await reader.open(file, options)
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Absolute paths of all files that a checkpoint is made of. @throws what `openCheckpoint` throws. */
export async function checkpointFiles(path: string): Promise<readonly string[]> {
  const checkpoint = await openCheckpoint(path)
  await checkpoint.close()
  return checkpoint.files
}

/**
 * Names a checkpoint by its content: SHA-256 of the file's bytes, hexadecimal. Of several files, SHA-256 over
 * their names and hashes.
 */
export async function hashFiles(files: readonly string[], signal?: AbortSignal): Promise<string> {
  const hashes = []
  for (const path of files) hashes.push({ name: basename(path), hash: await hashFile(path, signal) })
  const [first] = hashes
  if (first !== undefined && hashes.length === 1) return first.hash
  const hash = createHash('sha256')
  for (const part of hashes) hash.update(`${part.name}\0${part.hash}\0`)
  return hash.digest('hex')
}

async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  try {
    await pipeline(
      createReadStream(path, { highWaterMark: 1 << 20 }),
      hash,
      signal === undefined ? {} : { signal }
    )
  } catch (error) {
    throw fileError(error, path, 'read')
  }
  return hash.digest('hex')
}

export type { Checkpoint, GraphCheckpoint, ModelConfig, StateDictCheckpoint, TensorEntry } from './types'

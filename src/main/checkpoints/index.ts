import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileError } from '../files/errors'
import { openCheckpointFile } from './file'
import { onnxReader } from './onnx'
import { pytorchReader } from './pytorch'
import { safetensorsReader } from './safetensors'
import type { Checkpoint, CheckpointReader, OpenOptions } from './types'
import { unsupported } from './unsupported'

const READERS: readonly CheckpointReader[] = [safetensorsReader, pytorchReader, onnxReader]
const HEAD = 512

/**
 * Opens a checkpoint of any format that is read; close it after use.
 * @throws FILE_*, FORMAT_UNKNOWN, FORMAT_UNSUPPORTED, FORMAT_INVALID.
 */
export async function openCheckpoint(path: string, options: OpenOptions = {}): Promise<Checkpoint> {
  const file = await openCheckpointFile(path)
  try {
    const head = await file.read(0, Math.min(HEAD, file.size))
    const reader = READERS.find((candidate) => candidate.match(head, file))
    if (reader === undefined) throw unsupported(path, head)
    return await reader.open(file, options)
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Absolute paths of all files that a checkpoint is made of, the named one first. @throws what `openCheckpoint` throws. */
export async function checkpointFiles(path: string): Promise<readonly string[]> {
  const checkpoint = await openCheckpoint(path)
  await checkpoint.close()
  return checkpoint.files
}

/**
 * Names a checkpoint by its content: SHA-256 of the file's bytes, hexadecimal. With external data files, SHA-256
 * over their names and hashes.
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

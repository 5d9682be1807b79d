/** Checkpoints that PyTorch, NumPy, timm and transformers wrote; see test/fixtures/checkpoints/make_checkpoints.py. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openCheckpoint, type StateDictCheckpoint } from '../../../src/main/checkpoints'
import type { OpenOptions } from '../../../src/main/checkpoints/types'
import { temporaryFolder } from '../../support/folder'
import { fixture } from '../../support/golden'

export const checkpoints = (name: string): string => fixture(`checkpoints/${name}`)

export const madeJson = (name: string): unknown => JSON.parse(readFileSync(checkpoints(name), 'utf8'))

export async function stateDict(path: string, options: OpenOptions = {}): Promise<StateDictCheckpoint> {
  const checkpoint = await openCheckpoint(path, options)
  if (checkpoint.kind !== 'state-dict') throw new Error(`${path} is a ${checkpoint.kind}`)
  return checkpoint
}

export async function valuesOf(checkpoint: StateDictCheckpoint, name: string): Promise<number[]> {
  return [...(await checkpoint.tensors.get(name)!.read())]
}

/** Files of these contents in a folder of their own. @returns the folder. */
export function folderOf(files: Readonly<Record<string, Uint8Array | string>>): string {
  const folder = temporaryFolder()
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}

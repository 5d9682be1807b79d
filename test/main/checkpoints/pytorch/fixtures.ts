/** Checkpoints that PyTorch wrote, with PyTorch's own values; see test/fixtures/pytorch/make_pytorch.py. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openCheckpoint, type StateDictCheckpoint } from '../../../../src/main/checkpoints'
import { temporaryFolder } from '../../../support/folder'
import { fixture } from '../../../support/golden'

export const pytorch = (name: string): string => fixture(`pytorch/${name}`)

export interface Known {
  readonly file: string
  readonly expected: string
  readonly container: string | null
  readonly dtypes: Readonly<Record<string, string>>
  readonly refused: readonly string[]
  readonly metadata: Readonly<Record<string, string>>
}

export const known = JSON.parse(readFileSync(pytorch('index.json'), 'utf8')) as {
  readonly attack_mark: string
  readonly files: readonly Known[]
}

export const bytesOf = (name: string): Buffer => readFileSync(pytorch(name))

export function written(bytes: Uint8Array, name = 'model.pth'): string {
  const path = join(temporaryFolder(), name)
  writeFileSync(path, bytes)
  return path
}

export async function stateDict(path: string): Promise<StateDictCheckpoint> {
  const checkpoint = await openCheckpoint(path)
  if (checkpoint.kind !== 'state-dict') throw new Error(`${path} is a ${checkpoint.kind}`)
  return checkpoint
}

const FLOATS = ['float16', 'bfloat16', 'float32', 'float64', 'F16', 'BF16', 'F32', 'F64']

export const isFloat = ({ dtype }: { readonly dtype: string }): boolean => FLOATS.includes(dtype)

/** What this thread has computed so far: a busy machine does not lengthen it. */
export function cpuMilliseconds(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

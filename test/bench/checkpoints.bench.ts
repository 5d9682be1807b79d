import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'vitest'
import { bundle } from '../support/child/bundle'
import { temporaryFolder } from '../support/folder'
import { modelBytes, writeLargePyTorch, writeLargeSafetensors } from './large'
import { report } from './report'

/** The best of them: what else runs on the machine only ever adds. */
const TRIES = 5

interface Measured {
  readonly seconds: number
  readonly megabytes: number
}

test('a checkpoint of 1 GB, against reading its bytes alone', async () => {
  const folder = temporaryFolder()
  const program = await bundle('test/bench/read-large.ts', folder)
  const once = async (way: string, path: string, places: string): Promise<Measured> => {
    const { stdout } = await promisify(execFile)(process.execPath, [program, way, path, places])
    return JSON.parse(stdout) as Measured
  }
  const files = [
    { format: 'safetensors', path: join(folder, 'large.safetensors'), write: writeLargeSafetensors },
    { format: 'PyTorch with its optimizer', path: join(folder, 'large.pth'), write: writeLargePyTorch }
  ]
  const values: Record<string, number> = { 'the model, MB': modelBytes / 1e6 }
  for (const { format, path, write } of files) {
    const places = `${path}.json`
    writeFileSync(places, JSON.stringify(write(path)))
    const best: Record<string, Measured> = {}
    // In turn, so that a busy time of the machine falls on all of them.
    for (let i = 0; i < TRIES; i++) {
      for (const way of ['bytes', 'tensors', 'inspect']) {
        const { seconds, megabytes } = await once(way, path, places)
        best[way] = {
          seconds: Math.min(seconds, best[way]?.seconds ?? Infinity),
          megabytes: Math.max(megabytes, best[way]?.megabytes ?? 0)
        }
      }
    }
    const { bytes, tensors, inspect } = best
    if (bytes === undefined || tensors === undefined || inspect === undefined) continue
    values[`${format}: bytes alone, s`] = bytes.seconds
    values[`${format}: all tensors, s`] = tensors.seconds
    values[`${format}: all tensors / bytes alone`] = tensors.seconds / bytes.seconds
    values[`${format}: inspection, s`] = inspect.seconds
    values[`${format}: inspection / bytes alone`] = inspect.seconds / bytes.seconds
    values[`${format}: all tensors, MB above the model's`] = tensors.megabytes - modelBytes / 1e6
    values[`${format}: inspection, MB above the model's`] = inspect.megabytes - modelBytes / 1e6
  }
  report('checkpoints', values)
})

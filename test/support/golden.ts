/**
 * A small trained ResNet and its layer criticality computed in PyTorch 2.13 by the published method: 200 images,
 * float32, CPU. Made apart from this project; expected.json holds, per mode, trial and layer, the mean cosine
 * similarity of the softmax outputs, L1, L2, cross-entropy of logits, agreement, accuracies (percent) and loss.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ImageFile, MeasureRequest } from '@shared/contract/engine'
import { everyKind } from './measure'
import { readNpy } from './npy'

export const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url))

export const golden = (name: string): string => fixture(`golden/${name}`)

interface ExpectedRow {
  readonly mode: 'zero' | 'reinit'
  readonly trial: number
  readonly layer: string
  readonly type: string
  readonly cos_sim: number
  readonly l1: number
  readonly l2: number
  readonly ce_logits: number
  readonly agree: number
  readonly top1: number
  readonly top5: number
  readonly loss: number
}

export const expected = JSON.parse(readFileSync(golden('expected.json'), 'utf8')) as {
  mean: number[]
  std: number[]
  original: { top1: number; top5: number; loss: number }
  rows: ExpectedRow[]
}

export const normalization = { mean: expected.mean, std: expected.std, source: 'user' as const }

export const labels = readNpy(golden('labels_int64.npy')).data as number[]

export function goldenImages(): ImageFile {
  const bytes = readFileSync(golden('images_uint8_nchw.npy'))
  return {
    path: golden('images_uint8_nchw.npy'),
    offset: 10 + bytes.readUInt16LE(8),
    dtype: 'uint8',
    height: 32,
    width: 32,
    channelsLast: false,
    count: 200
  }
}

export function goldenRequest(part: Partial<MeasureRequest>): MeasureRequest {
  return {
    model: { path: golden('model.safetensors'), options: {}, normalization },
    images: goldenImages(),
    labels,
    perturbation: { kind: 'zero' },
    seed: 0,
    unit: 'layer',
    kinds: everyKind,
    path: 'downstream',
    sampling: 'same',
    tasks: [],
    execution: { batch: 100, threads: 1 },
    ...part
  }
}

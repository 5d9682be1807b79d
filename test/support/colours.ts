/** A tiny network of coloured shapes and what PyTorch makes of it: test/fixtures/make_loading.py. */
import { readFileSync } from 'node:fs'
import type { ImageFile } from '@shared/contract/engine'
import { fixture } from './golden'
import { readNpy } from './npy'

interface Statistics {
  readonly mean: number[]
  readonly var: number[]
}

interface Reading {
  readonly mean: number[]
  readonly std: number[]
  readonly blueFirst: boolean
  readonly top1: number
  readonly entropy: number
  readonly predicted: number
  readonly norms: Readonly<Record<string, Statistics>>
}

export const colours = (name: string): string => fixture(`loading/${name}`)

export const { stored, readings, lateAverageTop1 } = JSON.parse(
  readFileSync(colours('expected.json'), 'utf8')
) as {
  stored: Readonly<Record<string, Statistics & { epsilon: number }>>
  readings: Readonly<Record<'as trained' | 'red first' | 'no normalisation' | 'ImageNet, red first', Reading>>
  lateAverageTop1: number
}

export const colourLabels = readNpy(colours('labels.npy')).data as number[]

export function colourImages(): ImageFile {
  const path = colours('images.npy')
  const offset = 10 + readFileSync(path).readUInt16LE(8)
  return { path, offset, dtype: 'uint8', height: 16, width: 16, channelsLast: false, count: 64 }
}

const middle = (values: number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return (sorted[Math.ceil(sorted.length / 2) - 1]! + sorted[Math.floor(sorted.length / 2)]!) / 2
}

/** Agreement of each batch norm by the definition, from PyTorch's statistics of its input. */
export function agreementOf(reading: Reading): { layer: string; meanShift: number; varianceRatio: number }[] {
  return Object.entries(stored).map(([layer, { mean, var: variance, epsilon }]) => {
    const data = reading.norms[layer]!
    return {
      layer,
      meanShift: middle(
        mean.map((value, c) => Math.abs(data.mean[c]! - value) / Math.sqrt(variance[c]! + epsilon))
      ),
      varianceRatio: middle(
        variance.map((value, c) => {
          const ratio = (data.var[c]! + epsilon) / (value + epsilon)
          return ratio < 1 ? 1 / ratio : ratio
        })
      )
    }
  })
}

/** Medians over the layers. */
export function networkAgreementOf(reading: Reading): { meanShift: number; varianceRatio: number } {
  const layers = agreementOf(reading)
  return {
    meanShift: middle(layers.map(({ meanShift }) => meanShift)),
    varianceRatio: middle(layers.map(({ varianceRatio }) => varianceRatio))
  }
}

/** Networks exported by PyTorch, and the truth about them: test/fixtures/graphs/make_graphs.py. */
import { readFileSync } from 'node:fs'
import type { LayerKind } from '@shared/contract/model'
import { readModel, type OnnxModel } from '../../src/main/graph/model'
import { fixture } from './golden'

export interface TrueLayer {
  readonly name: string
  readonly kind: LayerKind
  /** Names and shapes, as in the state dict; the first is the weight. */
  readonly parameters: Readonly<Record<string, readonly number[]>>
  /** Logits of the two images once these parameters alone are 0. */
  readonly zeroed: readonly number[]
}

interface Network {
  readonly size: number
  readonly logits: readonly number[]
  /** Modules in the order of the forward pass, with their multiply–adds for one image. */
  readonly order: Readonly<Record<string, number>>
  readonly layers: readonly TrueLayer[]
  readonly files: readonly string[]
}

const index = JSON.parse(readFileSync(fixture('graphs/index.json'), 'utf8')) as {
  networks: Record<string, Network>
  ports: Record<string, { size: number; logits: number[] }>
  folding: Record<string, boolean>
}

/** One line a file. */
export const exportedNetworks = Object.values(index.networks).flatMap(({ files, ...network }) =>
  files.map((file) => ({ file, ...network }))
)
export const ports = Object.entries(index.ports).map(([file, port]) => ({ file, ...port }))
export const foldings = Object.entries(index.folding)

export const exportedFile = (file: string): string => fixture(`graphs/${file}`)

export const exportedModel = (file: string): OnnxModel => readModel(readFileSync(exportedFile(file)), file)

/** Two images, [2, 3, size, size], of the values that make_graphs.py gives them. */
export function imagesOf(size: number): Float32Array {
  return Float32Array.from(
    { length: 2 * 3 * size * size },
    (_, i) => (((i * i * 31 + i * 97) % 257) - 128) / 64
  )
}

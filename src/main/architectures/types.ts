import type { Warning } from '@shared/contract/model'
import type { OnnxModel } from '../graph'

export type TensorShapes = ReadonlyMap<string, readonly number[]>

/** The values of a target tensor; every target has been checked to be there. */
export type LoadedTensors = (name: string) => {
  readonly shape: readonly number[]
  readonly values: Float32Array
}

/** What a state dict turned out to be. */
export interface Recognition {
  readonly family: string
  /** E.g. `ResNet Bottleneck [3, 4, 6, 3]`. */
  readonly description: string
  /** The one of the architecture's choices that was taken. */
  readonly choice: string
  /** Every tensor that the network needs, with its shape, in network order. */
  readonly targets: TensorShapes
  /** Whether a tensor that is no target would change the network if it were left out. */
  readonly owns: (name: string) => boolean
  readonly classes: number | null
  /** Height and width that the family is usually trained on. */
  readonly inputSize: number
  readonly notes: readonly Warning[]
  /** Batch norms stay unfolded. */
  build(tensors: LoadedTensors): OnnxModel
}

export interface Architecture {
  readonly family: string
  /** What the user can choose when the tensors do not tell. */
  readonly choices: readonly string[]
  /** @param shapes by name, wrappers removed. Null: the tensors are of another family. */
  recognise(shapes: TensorShapes, choice?: string): Recognition | null
}

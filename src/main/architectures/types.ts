import type { Normalization, UnwrapStep, Warning } from '@shared/contract/model'
import type { ModelConfig, TensorEntry } from '../checkpoints'
import type { OnnxModel } from '../graph'

export type NamedTensors = ReadonlyMap<string, TensorEntry>
export type TensorShapes = ReadonlyMap<string, readonly number[]>

/** The values of the target tensors; every target has been checked to be there. */
export interface LoadedTensors {
  shape(name: string): readonly number[]
  /** Row-major float32. The values are handed over: a network is not held in memory twice. */
  take(name: string): Float32Array
}

/** What tensors alone do not tell. */
export interface Hints {
  /** One of the architecture's choices, taken by the user. */
  readonly choice?: string | undefined
  /** Attention heads, given by the user. */
  readonly heads?: number | undefined
  /** ε of the layer norms. */
  readonly epsilon?: number | undefined
  /** Whose names were translated, where the same names can mean other numbers, e.g. `hugging-face`. */
  readonly naming?: string | undefined
  readonly config: ModelConfig | null
}

/** What a state dict turned out to be. */
export interface Recognition {
  readonly family: string
  /** E.g. `ResNet Bottleneck [3, 4, 6, 3]`. */
  readonly description: string
  /** The one of the architecture's choices that was taken. */
  readonly choice: string
  /** Those of the architecture's choices that make sense for these tensors; absent: all. */
  readonly choices?: readonly string[]
  /** What these tensors have that is not built, e.g. `blur pooling`: the network is refused by that name. */
  readonly refusal?: string
  /** What a config names that computes otherwise with these very tensors; the user can overrule it by a choice. */
  readonly unlike?: string
  /** Every tensor that the network needs, with its shape, in network order. */
  readonly targets: TensorShapes
  /** Module that makes the logits, e.g. `fc`: its weight is [classes, features]. */
  readonly classifier: string
  /** Whether a tensor that is no target would change the network if it were left out. */
  readonly owns: (name: string) => boolean
  readonly classes: number | null
  /** Height and width that the network takes, or that the family is usually trained on. */
  readonly inputSize: number
  /** Attention heads; null without attention. */
  readonly heads: number | null
  readonly notes: readonly Warning[]
  /** Batch norms stay unfolded. */
  build(tensors: LoadedTensors): OnnxModel
}

/** Another naming of a family's tensors, e.g. Hugging Face's. */
export interface Dialect {
  readonly name: string
  /** The same network under timm's names; null: these are not its names. */
  translate(tensors: NamedTensors): Translation | null
}

export interface Translation {
  readonly tensors: NamedTensors
  readonly steps: readonly UnwrapStep[]
  /** What the naming implies, e.g. Hugging Face's ViT normalises with ε = 1e-12. */
  readonly hints?: Pick<Hints, 'epsilon' | 'naming'>
  /** With which those who name their tensors so train; absent: that varies. */
  readonly normalization?: Pick<Normalization, 'mean' | 'std'>
}

export interface Architecture {
  readonly family: string
  /** What the user can choose when the tensors do not tell. */
  readonly choices: readonly string[]
  /** Namings besides timm's, tried in order. */
  readonly dialects: readonly Dialect[]
  /** @param shapes by timm's names, wrappers removed. Null: the tensors are of another family. */
  recognise(shapes: TensorShapes, hints: Hints): Recognition | null
}

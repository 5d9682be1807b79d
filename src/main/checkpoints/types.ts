import type { Preprocessing, StateDictChoice } from '@shared/contract/model'
import type { OnnxModel } from '../graph/model'

/** A tensor of a state dict whose values are read when asked for. */
export interface TensorEntry {
  readonly name: string
  /** As the file names it, e.g. `F16`. */
  readonly dtype: string
  readonly shape: readonly number[]
  /** The values as float32, row-major. Throws FILE_TRUNCATED or FILE_UNREADABLE. */
  read(): Promise<Float32Array>
}

/** What a config file beside the weights says (timm's or Hugging Face's config.json, preprocessor_config.json). */
export interface ModelConfig {
  /** Absolute paths of the files. */
  readonly files: readonly string[]
  /** As the file names it, e.g. `resnet50`, `ViTForImageClassification`. */
  readonly architecture: string | null
  readonly classes: number | null
  /** Per channel, of pixels in [0, 1]; null: the file does not say. */
  readonly normalization: { readonly mean: readonly number[]; readonly std: readonly number[] } | null
  readonly preprocessing: Preprocessing
  /** Attention heads. */
  readonly heads: number | null
  /** ε of the layer norms. */
  readonly epsilon: number | null
  /** As the file names it, e.g. `gelu`, `quick_gelu`. */
  readonly activation: string | null
  /** timm's name of how tokens are pooled, e.g. `avg`, `token`. */
  readonly pooling: string | null
  /** Where transformers' ResNets stride otherwise than by default. */
  readonly stride: 'first-convolution' | 'first-stage' | null
}

export interface StateDictCheckpoint {
  readonly kind: 'state-dict'
  readonly format: string
  /** Where in the file the weights lie, keys joined by dots; null: at its root. */
  readonly container: string | null
  /** The file's named sets of weights, the default first; empty where its root is the only one. */
  readonly stateDicts: readonly StateDictChoice[]
  readonly tensors: ReadonlyMap<string, TensorEntry>
  readonly metadata: Readonly<Record<string, string>>
  /** Null: no such file lies beside it. */
  readonly config: ModelConfig | null
  /**
   * Absolute paths of all files that it is made of; a sharded one's index and shards in their order, whichever of
   * them was named.
   */
  readonly files: readonly string[]
  close(): Promise<void>
}

export interface GraphCheckpoint {
  readonly kind: 'graph'
  readonly format: 'onnx'
  readonly container: string | null
  /** With the values of external data files in it. */
  readonly model: OnnxModel
  /** Null: no such file lies beside it. */
  readonly config: ModelConfig | null
  readonly files: readonly string[]
  close(): Promise<void>
}

export type Checkpoint = StateDictCheckpoint | GraphCheckpoint

/** What a reader makes of a file; config files beside it are looked for afterwards. */
export type OpenedStateDict = Omit<StateDictCheckpoint, 'config'>
export type Opened = OpenedStateDict | Omit<GraphCheckpoint, 'config'>

export interface OpenOptions {
  /** Which of the file's state dicts, by name; absent: averaged weights before raw ones. */
  readonly weights?: string | undefined
  /** The file is a part of a sharded state dict: a single tensor is enough. */
  readonly part?: boolean | undefined
}

/** A file format. Bytes decide; a name is a hint where bytes cannot. */
export interface CheckpointReader {
  readonly format: string
  match(head: Uint8Array, file: { readonly path: string; readonly size: number }): boolean
  open(file: CheckpointFile, options: OpenOptions): Promise<Opened>
}

/** A file open for reading at any place. */
export interface CheckpointFile {
  readonly path: string
  readonly size: number
  /** Throws FILE_TRUNCATED when the file has fewer bytes. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>
  close(): Promise<void>
}

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

export interface StateDictCheckpoint {
  readonly kind: 'state-dict'
  readonly format: string
  readonly container: string | null
  readonly tensors: ReadonlyMap<string, TensorEntry>
  readonly metadata: Readonly<Record<string, string>>
  /** Absolute paths of all files that it is made of, the named one first. */
  readonly files: readonly string[]
  close(): Promise<void>
}

export interface GraphCheckpoint {
  readonly kind: 'graph'
  readonly format: 'onnx'
  readonly container: string | null
  /** With the values of external data files in it. */
  readonly model: OnnxModel
  readonly files: readonly string[]
  close(): Promise<void>
}

export type Checkpoint = StateDictCheckpoint | GraphCheckpoint

/** A file format. Bytes decide; a name is a hint where bytes cannot. */
export interface CheckpointReader {
  readonly format: string
  match(head: Uint8Array, file: { readonly path: string; readonly size: number }): boolean
  open(file: CheckpointFile): Promise<Checkpoint>
}

/** A file open for reading at any place. */
export interface CheckpointFile {
  readonly path: string
  readonly size: number
  /** Throws FILE_TRUNCATED when the file has fewer bytes. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>
  close(): Promise<void>
}

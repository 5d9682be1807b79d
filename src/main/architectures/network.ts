import type { OnnxModel } from '../graph'

/** A graph that takes images and gives logits, before its layers are looked for. */
export interface Network {
  readonly model: OnnxModel
  /** Height and width to count multiply–accumulates for, where the graph takes any. */
  readonly inputSize: number
  /** Absolute paths of all files that it was made of, the named one first. */
  readonly files: readonly string[]
}

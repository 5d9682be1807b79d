/** What a layer of a graph is. */
import type { LayerInfo, LayerKind } from '@shared/contract/model'
import type { Constant } from '../constants'
import type { NodeProto } from '../model'
import type { Use } from '../values'

export type ParameterRole = 'weight' | 'bias' | 'running_mean' | 'running_var'

/** How the graph's nodes take a parameter. */
export interface ParameterLayout {
  /** E.g. [1, C, 1, 1] of a vector [C] that is added to images. */
  readonly shape: readonly number[]
  /** Whether it is the transpose of PyTorch's matrix. */
  readonly transposed: boolean
  /** TensorProto.DataType. */
  readonly dataType: number
}

/** One tensor of a layer. Shapes and values are in PyTorch's layout, whatever the graph's. */
export interface LayerParameter {
  readonly role: ParameterRole
  /** The layer's name and the role: `layer1.0.conv1.weight`. */
  readonly name: string
  readonly shape: readonly number[]
  /** Node inputs that take it. Another layer's inputs may share the tensor; they are not listed. */
  readonly uses: readonly Use[]
  readonly layout: ParameterLayout
  /** Row-major float32 in `shape`. */
  read(): Float32Array
}

export interface GraphLayer extends LayerInfo {
  readonly tensors: readonly LayerParameter[]
}

/** A layer before it has its name. */
export interface Found {
  readonly kind: LayerKind
  readonly node: NodeProto
  /** Of the node: layers stand in the order of the graph. */
  readonly index: number
  /** The first is the weight. */
  readonly parts: readonly Part[]
  /** Further nodes that use the same parameters. */
  readonly again: NodeProto[]
}

export interface Part {
  readonly role: ParameterRole
  /** As the node takes it. */
  readonly constant: Constant
  /** In PyTorch's layout. */
  readonly shape: readonly number[]
  readonly transposed: boolean
  readonly uses: Use[]
}

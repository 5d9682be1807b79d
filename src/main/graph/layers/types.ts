/** What a layer of a graph is. */
import type { LayerInfo, LayerKind } from '@shared/contract/model'
import type { NodeProto, TensorProto } from '../model'
import type { Use } from '../values'

export type ParameterRole = 'weight' | 'bias' | 'running_mean' | 'running_var'

/** One tensor of a layer. Shapes and values are in PyTorch's layout, whatever the graph's. */
export interface LayerParameter {
  readonly role: ParameterRole
  /** The layer's name and the role: `layer1.0.conv1.weight`. */
  readonly name: string
  readonly shape: readonly number[]
  /** Node inputs that take it. Another layer's inputs may share the tensor; they are not listed. */
  readonly uses: readonly Use[]
  /** Whether the node takes the transposed matrix. */
  readonly transposed: boolean
  /** Row-major float32 in `shape`. */
  read(): Float32Array
}

export interface GraphLayer extends LayerInfo {
  readonly tensors: readonly LayerParameter[]
}

/** A layer before it has its final name. */
export interface Found {
  readonly kind: LayerKind
  readonly node: NodeProto
  readonly index: number
  readonly parts: readonly Part[]
}

export interface Part {
  readonly role: ParameterRole
  /** As the node names it: exporters share equal tensors behind different names. */
  readonly value: string
  readonly tensor: TensorProto
  readonly transposed: boolean
  uses: Use[]
}

/** What the values between upstream and downstream are: learned by running a few images. */
import {
  filesOf,
  sizeOf,
  type Crossing,
  type Dataflow,
  type ExternalFile,
  type OnnxModel,
  type Signature
} from '../../graph'
import { openGraph, Tensor, type RuntimeOptions } from '../runtime'
import { dataTypeOf } from '../tensors'

/** A value that crosses from upstream to downstream. */
export interface Activation {
  readonly name: string
  /** TensorProto.DataType. */
  readonly dataType: number
  /** Sizes; 'N' is the number of images, null another one that changes with it. */
  readonly dims: readonly (number | 'N' | null)[]
  /** Of one image, about, as it crosses. */
  readonly bytes: number
}

/** Two numbers of images: what differs between them is the batch's. */
const COUNTS = [2, 3] as const
/** Bytes of a value; narrow floats cross as float32. */
const BYTES: Readonly<Record<number, number>> = { 1: 4, 6: 4, 7: 8, 9: 1, 10: 4, 11: 8, 16: 4 }

export interface NetworkSource {
  readonly model: OnnxModel
  readonly flow: Dataflow
  readonly files: ReadonlyMap<string, ExternalFile>
  readonly signature: Signature
  readonly height: number
  readonly width: number
  readonly runtime: Omit<RuntimeOptions, 'files'>
}

function imagePort({ signature }: NetworkSource): Crossing {
  const { batch, channels, height, width } = signature
  return { name: signature.input, dataType: 1, dims: [batch ?? 'N', channels, height ?? 'H', width ?? 'W'] }
}

/** Images of zeros. */
function blankImages({ signature, height, width }: NetworkSource, n: number): Tensor {
  const dims = [n, signature.channels, height, width]
  return new Tensor('float32', new Float32Array(sizeOf(dims)), dims)
}

/** @throws GRAPH_UNSUPPORTED. */
export async function learnActivations(
  source: NetworkSource,
  names: readonly string[]
): Promise<ReadonlyMap<string, Activation>> {
  const { flow, signature, files } = source
  const inputs = new Set(flow.inputs)
  const wanted = names.filter((name) => !inputs.has(name))
  const shapes = new Map<string, { dataType: number; dims: (readonly number[])[] }>()
  const note = (name: string, tensor: Tensor): void => {
    const known = shapes.get(name)
    if (known === undefined) shapes.set(name, { dataType: dataTypeOf(tensor), dims: [tensor.dims] })
    else known.dims.push(tensor.dims)
  }
  const counts = signature.batch === null ? COUNTS : [signature.batch]
  const part =
    wanted.length === 0
      ? null
      : flow.part({
          nodes: flow.between(inputs, wanted),
          inputs: [imagePort(source)],
          // Types are not known yet: none is called narrow, so that all come out as they are.
          outputs: wanted.map((name) => ({ name, dataType: 1 }))
        })
  const session =
    part === null ? null : await openGraph(part, { ...source.runtime, files: filesOf(part, files) })
  try {
    for (const n of counts) {
      const images = blankImages(source, n)
      note(signature.input, images)
      const outputs = session === null ? {} : await session.run({ [signature.input]: images }, wanted)
      for (const [name, tensor] of Object.entries(outputs)) note(name, tensor)
    }
  } finally {
    await session?.close()
  }
  return new Map(
    [...shapes].map(([name, { dataType, dims }]) => {
      const [first = [], second = first] = dims
      const [images] = counts
      const free = first.map((size, axis) => {
        if (size === second[axis]) return size
        return size === counts[0] && second[axis] === counts[1] ? 'N' : null
      })
      return [name, { name, dataType, dims: free, bytes: (sizeOf(first) * (BYTES[dataType] ?? 4)) / images }]
    })
  )
}

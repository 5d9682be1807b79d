/** A classifier that runs from pixels to logits. */
import { LinchpinError } from '@shared/errors'
import { toHalf, type ExternalFile, type OnnxModel, type Signature } from '../graph'
import type { Execution } from './providers'
import { openGraph, Tensor } from './runtime'

export interface ModelSession {
  /**
   * @param images float32 [n, 3, H, W].
   * @returns logits, float32 [n, classes] row-major.
   * @throws INPUT_SIZE, GRAPH_UNSUPPORTED when the runtime refuses.
   */
  run(images: Float32Array, n: number): Promise<Float32Array>
  /** The same, and the values of the further outputs that the session was made with. */
  runAll(
    images: Float32Array,
    n: number
  ): Promise<{ readonly logits: Float32Array; readonly further: ReadonlyMap<string, Float32Array> }>
  close(): Promise<void>
}

interface SessionOptions extends Execution {
  readonly signature: Signature
  readonly height: number
  readonly width: number
  /** Names of further float32 outputs that are wanted beside the logits. */
  readonly further?: readonly string[] | undefined
  /** Weights that the model does not hold itself. */
  readonly files?: readonly ExternalFile[] | undefined
  /** Whether memory of a run is kept for the next; absent: it is. */
  readonly keepsMemory?: boolean | undefined
}

/** @throws INPUT_SIZE, GRAPH_UNSUPPORTED, DEVICE_UNAVAILABLE. */
export async function createSession(model: OnnxModel, options: SessionOptions): Promise<ModelSession> {
  const { signature, height, width } = options
  checkSize(signature, height, width)
  const computed = options.precision === 'float16' ? toHalf(model).model : model
  const session = await openGraph(computed, options)
  const names = [...new Set([signature.output, ...(options.further ?? [])])]
  const runAll: ModelSession['runAll'] = async (images, n) => {
    const rows = signature.batch ?? n
    // A graph with a fixed batch size gets images of zeros to fill it; their rows are cut off again.
    const data = rows === n ? images : padded(images, (rows * images.length) / n)
    const input = new Tensor('float32', data, [rows, signature.channels, height, width])
    const outputs = await session.run({ [signature.input]: input }, names)
    const logits = logitsOf(outputs[signature.output], signature.output)
    const further = new Map<string, Float32Array>()
    for (const name of options.further ?? []) {
      const values = outputs[name]?.data
      if (values instanceof Float32Array) further.set(name, values)
    }
    return { logits: rows === n ? logits : logits.slice(0, (n * logits.length) / rows), further }
  }
  return {
    runAll,
    run: async (images, n) => (await runAll(images, n)).logits,
    close: () => session.close()
  }
}

/** @throws GRAPH_UNSUPPORTED when a session's output is no logits, float32 [n, classes]. */
export function logitsOf(output: Tensor | undefined, name: string): Float32Array {
  if (output?.data instanceof Float32Array && output.dims.length === 2) return output.data
  throw new LinchpinError(
    'GRAPH_UNSUPPORTED',
    `Its output "${name}" is ${output?.type ?? 'missing'} [${(output?.dims ?? []).join(', ')}]; expected float32 [N, classes].`
  )
}

/** @throws INPUT_SIZE. */
export function checkSize(signature: Signature, height: number, width: number): void {
  const fits =
    (signature.height === null || signature.height === height) &&
    (signature.width === null || signature.width === width)
  if (fits) return
  const wanted = `${String(signature.height ?? height)}×${String(signature.width ?? width)}`
  throw new LinchpinError(
    'INPUT_SIZE',
    `The model takes ${wanted}, the images are ${String(height)}×${String(width)}.`,
    {
      fix: 'Use images of that size: of image files, the evaluation set’s resize and crop make it.'
    }
  )
}

function padded(images: Float32Array, length: number): Float32Array {
  const result = new Float32Array(length)
  result.set(images)
  return result
}

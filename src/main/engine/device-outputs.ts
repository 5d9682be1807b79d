/**
 * Outputs that stay in a device's memory and go into further sessions from there, without a way through the processor's.
 * What the runtime's binding does (1.30, tried with WebGPU):
 * - It keeps outputs on WebGPU alone; with any other provider they come back as usual.
 * - Such a tensor goes into any number of runs of any WebGPU session of the process, also after the session that made
 *   it has been released.
 * - Reading one (`data`, `getData`) throws or ends the process: a session that puts out to the processor must take it.
 * - A session of the processor takes one without complaint, and computes nonsense.
 * - Its memory is held until `dispose`; the garbage collector does not know how large it is. What is uploaded for runs
 *   that put out to the device alone is freed at the next run that puts out to the processor.
 */
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import type { Provider } from '@shared/contract/devices'
import { LinchpinError } from '@shared/errors'

export function outputsCanStay(provider: Provider): boolean {
  return provider === 'webgpu'
}

/** Options of a session whose outputs of these names stay on the device, where they can. */
export function stayingOutputs(
  provider: Provider,
  names: readonly string[]
): Pick<InferenceSession.SessionOptions, 'preferredOutputLocation'> {
  if (!outputsCanStay(provider) || names.length === 0) return {}
  const locations = names.map((name) => [name, 'gpu-buffer'] as const)
  return { preferredOutputLocation: Object.fromEntries(locations) }
}

/** @throws BUG for a tensor that stayed on the device, whose values would end the process. */
export function valuesOf(tensor: Tensor | undefined, name: string): Float32Array {
  if (tensor?.location === 'cpu' && tensor.data instanceof Float32Array) return tensor.data
  throw new LinchpinError(
    'BUG',
    `"${name}" is ${tensor === undefined ? 'missing' : `${tensor.type} in "${tensor.location}"`}; expected float32 in the processor's memory.`
  )
}

/** Gives memory of the device back. Tensors of the processor are left to the garbage collector. */
export function disposeAll(tensors: Iterable<Tensor>): void {
  for (const tensor of tensors) if (tensor.location !== 'cpu') tensor.dispose()
}

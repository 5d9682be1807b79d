/** Whether an execution provider works here, and how fast it is: a tiny network of real operators tells. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Tensor } from 'onnxruntime-node'
import type { Provider, ProbeResult } from '@shared/contract/devices'
import type { Precision } from '@shared/contract/measurement'
import { toProblem } from '@shared/errors'
import { GraphBuilder, signatureOf, writeModel, type OnnxModel } from '../graph'
import { disposeAll, outputsCanStay, stayingOutputs, valuesOf } from './device-outputs'
import { openSession, quoted, runtimeVersions, whyUnavailable, type Execution } from './providers'
import { createSession, type ModelSession } from './session'

const CLASSES = 10
/** Height and width of the images of each network. */
const SMALL = 16
const LARGE = 64
/** Images at a time when throughput is measured; a slow device gets one. */
const BATCH = 32
/** How long throughput is measured, in milliseconds. */
const TIMING = 300

/**
 * Runs a network on a provider, compares its outputs with the processor's, and times another one. What does not work
 * is an answer, not an error; a provider may also end the process, or never answer.
 */
export async function probe({ provider }: { readonly provider: Provider }): Promise<ProbeResult> {
  const versions = runtimeVersions()
  try {
    const difference = await differenceToProcessor(provider, 'float32')
    const outputsStay = await canKeepOutputs(provider)
    const float16 = await computesHalf(provider)
    return {
      ok: true,
      difference,
      imagesPerSecond: await throughput(provider),
      outputsStay,
      float16,
      versions
    }
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
    const why = whyUnavailable(cause, provider) ?? {
      reason: `it fails ("${quoted(cause)}")`,
      fix: toProblem(error).fix ?? null
    }
    return { ok: false, ...why, versions }
  }
}

/** Largest absolute difference of the outputs; infinite where one is not finite. */
async function differenceToProcessor(provider: Provider, precision: Precision): Promise<number> {
  const model = smallNetwork()
  const images = numbers(2 * 3 * SMALL * SMALL, 1)
  const here = await outputs(model, { provider, precision }, images)
  const plain = provider === 'cpu' && precision === 'float32'
  const reference = plain ? here : await outputs(model, {}, images)
  const differences = here.map((value, i) => Math.abs(value - (reference[i] ?? NaN)))
  const largest = Math.max(...differences)
  return Number.isFinite(largest) ? largest : Number.MAX_VALUE
}

/** Of two images. */
async function outputs(model: OnnxModel, execution: Execution, images: Float32Array): Promise<Float32Array> {
  const session = await open(model, execution, SMALL)
  try {
    return await session.run(images, 2)
  } finally {
    await session.close()
  }
}

function open(model: OnnxModel, execution: Execution, size: number): Promise<ModelSession> {
  return createSession(model, { signature: signatureOf(model), height: size, width: size, ...execution })
}

/** Outputs about 1 in size, of float16, which keeps three digits. */
const HALF_AGREEMENT = 2e-2

async function computesHalf(provider: Provider): Promise<boolean> {
  try {
    return (await differenceToProcessor(provider, 'float16')) <= HALF_AGREEMENT
  } catch {
    return false
  }
}

/** Whether values that stay on the device come out of a second session as they should; one that copies them. */
async function canKeepOutputs(provider: Provider): Promise<boolean> {
  if (!outputsCanStay(provider)) return false
  const copy = writeModel(copyNetwork())
  const execution = { provider }
  const values = numbers(3 * SMALL * SMALL, 5)
  const first = await openSession(copy, execution, false, stayingOutputs(provider, ['copy/output']))
  const second = await openSession(copy, execution)
  try {
    const images = new Tensor('float32', values, [1, 3, SMALL, SMALL])
    const { 'copy/output': held } = await first.session.run({ images })
    if (held?.location !== 'gpu-buffer') return false
    const { 'copy/output': back } = await second.session.run({ images: held })
    disposeAll([held])
    return valuesOf(back, 'copy/output').every((value, i) => value === values[i])
  } finally {
    await first.session.release()
    await second.session.release()
  }
}

async function throughput(provider: Provider): Promise<number> {
  const session = await open(largeNetwork(), { provider }, LARGE)
  const images = numbers(BATCH * 3 * LARGE * LARGE, 2)
  const one = images.subarray(0, 3 * LARGE * LARGE)
  const time = async (n: number): Promise<number> => {
    const started = performance.now()
    await session.run(n === 1 ? one : images, n)
    await nextTurn()
    return performance.now() - started
  }
  try {
    // The first run of a shape compiles, or searches for the best kernels.
    await time(1)
    const n = (await time(1)) * BATCH > TIMING ? 1 : BATCH
    if (n !== 1) await time(n)
    let done = 0
    let elapsed = 0
    while (elapsed < TIMING) {
      elapsed += await time(n)
      done += n
    }
    return (1000 * done) / elapsed
  } finally {
    await session.close()
  }
}

/** Values between −1 and 1, the same everywhere. */
function numbers(length: number, salt: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => (Math.imul(i + 7919 * salt, 2654435761) >>> 8) / 2 ** 23 - 1)
}

/** Builds layers whose values keep a size of about 1. */
class Layers {
  private readonly builder = new GraphBuilder()
  private last = 'images'
  private count = 0

  conv(inputs: number, outputs: number, stride = 1): this {
    const name = this.name('conv')
    const bound = Math.sqrt(6 / (9 * inputs))
    const values = numbers(outputs * inputs * 9, this.count).map((value) => value * bound)
    const weight = this.builder.parameter(`${name}.weight`, [outputs, inputs, 3, 3], values)
    return this.add('Conv', name, [weight], {
      kernel_shape: [3, 3],
      strides: [stride, stride],
      pads: [1, 1, 1, 1]
    })
  }

  norm(channels: number): this {
    const name = this.name('norm')
    const tensor = (role: string, shift: number): string => {
      const values = numbers(channels, this.count).map((value) => shift + value / 4)
      return this.builder.parameter(`${name}.${role}`, [channels], values)
    }
    return this.add('BatchNormalization', name, [
      tensor('weight', 1),
      tensor('bias', 0),
      tensor('running_mean', 0),
      tensor('running_var', 1)
    ])
  }

  add(
    opType: string,
    name = this.name(opType),
    more: readonly string[] = [],
    attributes: Parameters<GraphBuilder['node']>[3] = {}
  ): this {
    this.last = this.builder.node(opType, name, [this.last, ...more], attributes)
    return this
  }

  /** Averages each channel and classifies. */
  finish(channels: number): OnnxModel {
    this.add('GlobalAveragePool').add('Flatten', 'flatten', [], { axis: 1 })
    const weight = this.builder.parameter('fc.weight', [CLASSES, channels], numbers(CLASSES * channels, 3))
    const bias = this.builder.parameter('fc.bias', [CLASSES], numbers(CLASSES, 4))
    this.add('Gemm', 'fc', [weight, bias], { transB: 1 })
    return this.builder.finish('images', 3, this.last, CLASSES)
  }

  private name(kind: string): string {
    return `${kind}${String(++this.count)}`
  }
}

/** Convolutions, batch norms (one of them not after a convolution, where it stays one), pooling, a linear layer. */
function smallNetwork(): OnnxModel {
  return new Layers()
    .conv(3, 8)
    .norm(8)
    .add('Relu')
    .add('MaxPool', 'pool', [], { kernel_shape: [2, 2], strides: [2, 2] })
    .norm(8)
    .conv(8, 16, 2)
    .norm(16)
    .add('Relu')
    .finish(16)
}

/** Puts out its input, of another shape than it is declared with: of that the runtime only warns. */
function copyNetwork(): OnnxModel {
  const builder = new GraphBuilder()
  return builder.finish('images', 3, builder.node('Identity', 'copy', ['images']), 3)
}

/** About 150 million multiply–adds an image, in the shapes of a ResNet's first stages. */
function largeNetwork(): OnnxModel {
  const layers = new Layers().conv(3, 64, 2).add('Relu')
  for (let i = 0; i < 4; i++) layers.conv(64, 64).add('Relu')
  return layers.finish(64)
}

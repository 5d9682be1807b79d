/** Execution providers of ONNX Runtime: options of their sessions, and their errors in words. */
import { env, InferenceSession } from 'onnxruntime-node'
import type { Provider, RuntimeVersions } from '@shared/contract/devices'
import type { Precision } from '@shared/contract/measurement'
import { LinchpinError } from '@shared/errors'

export interface Execution {
  /** Absent: the processor. */
  readonly provider?: Provider | undefined
  /** Threads within an operator of the processor; absent: the runtime's choice, one a core. */
  readonly threads?: number | undefined
  /** Absent: float32. */
  readonly precision?: Precision | undefined
}

export interface OpenedSession {
  readonly session: InferenceSession
  /** Operators that the provider has not are run by the processor, e.g. arithmetic on shapes. */
  readonly partial: boolean
}

type SessionOptions = InferenceSession.SessionOptions

/**
 * CoreML's flags: a typed "ML program", on processor and GPU. The neural engine and the older untyped format compute
 * in float16 whatever the network's type. Source: coreml_provider_factory.h of ONNX Runtime.
 */
const COREML_MLPROGRAM = 0x010
const COREML_CPU_AND_GPU = 0x020

/**
 * What a session on a provider is made with. TF32 cannot be turned off here: the engine's environment does that, see
 * `engineEnvironment`.
 * @param half whether the network computes in float16. The level above `extended` arranges convolutions anew for the
 * processor, and ends the process at some that are float16 (runtime 1.30, NchwcTransformer).
 */
export function sessionOptions({ provider = 'cpu', threads }: Execution, half = false): SessionOptions {
  return {
    executionProviders: [
      provider === 'coreml'
        ? { name: provider, coreMlFlags: COREML_MLPROGRAM | COREML_CPU_AND_GPU }
        : { name: provider }
    ],
    graphOptimizationLevel: half ? 'extended' : 'all',
    executionMode: 'sequential',
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    // DirectML plans its own memory and refuses a session with the runtime's plans.
    ...(provider === 'dml' ? { enableMemPattern: false } : {}),
    ...(threads === undefined ? {} : { intraOpNumThreads: threads })
  }
}

const STRICT = { session: { disable_cpu_ep_fallback: '1' } }
const NOT_ALL = 'fallback to CPU EP has been explicitly disabled'

/**
 * A session whose operators all run on the provider; where the provider has not all of them the processor takes the
 * rest, and `partial` says so.
 * @param half whether the model computes in float16, see `sessionOptions`.
 * @param more further options, e.g. `preferredOutputLocation`.
 * @throws DEVICE_UNAVAILABLE, GRAPH_UNSUPPORTED when the runtime refuses the model.
 */
export async function openSession(
  model: Uint8Array,
  execution: Execution,
  half = false,
  more: SessionOptions = {}
): Promise<OpenedSession> {
  const { provider = 'cpu' } = execution
  const options = { ...sessionOptions(execution, half), ...more }
  const open = (extra: SessionOptions): Promise<InferenceSession> =>
    InferenceSession.create(model, { ...options, ...extra })
  try {
    if (provider === 'cpu') return { session: await open({}), partial: false }
    try {
      // The refusal is expected, and not worth a line in the log.
      return { session: await open({ extra: STRICT, logSeverityLevel: 4 }), partial: false }
    } catch (error) {
      if (!runtimeText(error).includes(NOT_ALL)) throw error
      return { session: await open({}), partial: true }
    }
  } catch (error) {
    throw runtimeError(error, provider)
  }
}

export function runtimeText(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** An error of the runtime in words: the device's, or the model's. */
export function runtimeError(error: unknown, provider: Provider): LinchpinError {
  const why = whyUnavailable(error, provider)
  if (why !== null) {
    return new LinchpinError('DEVICE_UNAVAILABLE', `"${provider}": ${why.reason}.`, {
      cause: error,
      ...(why.fix === null ? {} : { fix: why.fix })
    })
  }
  return new LinchpinError('GRAPH_UNSUPPORTED', `ONNX Runtime refuses it: ${quoted(error)}`, { cause: error })
}

export interface Unavailable {
  readonly reason: string
  readonly fix: string | null
}

const CUDA_FIX =
  'Run "npm run setup:cuda", which says what it needs: Linux on x64, an NVIDIA driver, CUDA and cuDNN.'

/** Null: the error says nothing of the device. */
export function whyUnavailable(error: unknown, provider: Provider): Unavailable | null {
  const text = runtimeText(error)
  if (/backend not found|is unsupported: '/.test(text)) {
    return { reason: `not built into this runtime (${process.platform}, ${process.arch})`, fix: null }
  }
  if (text.includes('Failed to get a WebGPU adapter')) {
    return {
      reason: `no graphics adapter ("${quoted(error)}")`,
      fix: 'Install a graphics driver with Vulkan (Linux, also libvulkan1), Direct3D 12 (Windows) or Metal (macOS).'
    }
  }
  if (/requires f16 but the device does not support/.test(text)) {
    return { reason: 'its adapter computes no float16', fix: 'Measure in float32.' }
  }
  if (provider === 'cuda' && text.includes('Failed to load shared library')) {
    return { reason: "CUDA's files are missing, or libraries that they need", fix: CUDA_FIX }
  }
  if (
    /CUDA failure|cudaErrorNoDevice|no CUDA-capable device|CUDA driver version is insufficient/.test(text)
  ) {
    return {
      reason: `CUDA fails ("${quoted(error)}")`,
      fix: 'Check that "nvidia-smi" lists a GPU and that its driver is as new as CUDA asks.'
    }
  }
  return null
}

/** The runtime's sentence without its place in the source. */
export function quoted(error: unknown): string {
  const [line = ''] = runtimeText(error).split('\n')
  const sentence = /(?:was false\. |\[ONNXRuntimeError\] : \d+ : \w+ : )(.*)$/.exec(line)?.[1] ?? line
  return sentence.length > 200 ? `${sentence.slice(0, 200)}…` : sentence.trim()
}

/** Of the runtime, for the record of a run. */
export function runtimeVersions(): RuntimeVersions {
  return { common: env.versions.common, node: env.versions.node ?? 'unknown' }
}

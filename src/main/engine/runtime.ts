/** The one door to ONNX Runtime. */
import { InferenceSession, type Tensor } from 'onnxruntime-node'
import { LinchpinError } from '@shared/errors'
import { writeModel, type ExternalFile, type OnnxModel } from '../graph'

export { Tensor } from 'onnxruntime-node'

export interface RuntimeOptions {
  /** Threads within an operator; absent: the runtime's choice, one a core. */
  readonly threads?: number | undefined
  /** Values of tensors that the model names and does not hold. They are used where they lie. */
  readonly files?: readonly ExternalFile[] | undefined
  /** Whether memory of a run is kept for the next; absent: it is. */
  readonly keepsMemory?: boolean | undefined
}

/** A graph that can be run. */
export interface GraphSession {
  /** @throws GRAPH_UNSUPPORTED when the runtime refuses. */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    outputs: readonly string[]
  ): Promise<Readonly<Record<string, Tensor>>>
  close(): Promise<void>
}

/** @throws GRAPH_UNSUPPORTED. */
export async function openGraph(model: OnnxModel, options: RuntimeOptions): Promise<GraphSession> {
  const { threads, files = [], keepsMemory = true } = options
  const session = await InferenceSession.create(writeModel(model), {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    enableCpuMemArena: keepsMemory,
    ...(files.length === 0 ? {} : { externalData: files.map(({ path, data }) => ({ path, data })) }),
    ...(threads === undefined ? {} : { intraOpNumThreads: threads })
  }).catch((error: unknown) => {
    throw refused(error)
  })
  // The runtime reads the files' values where they lie: they must not be collected before the session ends.
  let held: readonly ExternalFile[] = files
  return {
    run: (feeds, outputs) =>
      session.run(feeds, [...outputs]).catch((error: unknown) => {
        throw refused(error)
      }),
    async close() {
      await session.release()
      if (held.length > 0) held = []
    }
  }
}

function refused(error: unknown): LinchpinError {
  const text = error instanceof Error ? error.message : String(error)
  return new LinchpinError('GRAPH_UNSUPPORTED', `ONNX Runtime refuses it: ${text.split('\n')[0] ?? text}`, {
    cause: error
  })
}

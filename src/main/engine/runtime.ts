/** Graphs that run: cut from one model, they share its weights. */
import type { Tensor } from 'onnxruntime-node'
import { usesHalf, writeModel, type ExternalFile, type OnnxModel } from '../graph'
import { stayingOutputs } from './device-outputs'
import { openSession, runtimeError, type Execution } from './providers'

export { Tensor } from 'onnxruntime-node'

export interface RuntimeOptions extends Execution {
  /** Values of tensors that the model names and does not hold. They are used where they lie. */
  readonly files?: readonly ExternalFile[] | undefined
  /** Whether memory of a run is kept for the next; absent: it is. */
  readonly keepsMemory?: boolean | undefined
  /** Outputs that stay in the device's memory, where they can: they are only good for further sessions. */
  readonly staying?: readonly string[] | undefined
}

/** A graph that can be run. */
export interface GraphSession {
  /**
   * @param outputs names, or for each name a tensor that is to be filled (null: a new one).
   * @throws GRAPH_UNSUPPORTED, DEVICE_UNAVAILABLE when the runtime refuses.
   */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    outputs: readonly string[] | Readonly<Record<string, Tensor | null>>
  ): Promise<Readonly<Record<string, Tensor>>>
  close(): Promise<void>
}

/** @throws GRAPH_UNSUPPORTED, DEVICE_UNAVAILABLE. */
export async function openGraph(model: OnnxModel, options: RuntimeOptions): Promise<GraphSession> {
  const { provider = 'cpu', files = [], keepsMemory = true, staying = [] } = options
  const { session } = await openSession(writeModel(model), options, usesHalf(model), {
    enableCpuMemArena: keepsMemory,
    // Plans a run's memory as one piece: nearly doubles it, and made no pass faster.
    enableMemPattern: false,
    ...stayingOutputs(provider, staying),
    ...(files.length === 0 ? {} : { externalData: files.map(({ path, data }) => ({ path, data })) })
  })
  // The runtime reads the files' values where they lie: they must not be collected before the session ends.
  let held: readonly ExternalFile[] = files
  return {
    run: (feeds, outputs) =>
      session.run(feeds, outputs).catch((error: unknown) => {
        throw runtimeError(error, provider)
      }),
    async close() {
      await session.release()
      if (held.length > 0) held = []
    }
  }
}

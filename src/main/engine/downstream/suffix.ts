/** The network downstream of a unit, its parameters being inputs: one session serves all trials. */
import { crossingName, filesOf, type Crossing, type LayerParameter, type Replacement } from '../../graph'
import { openGraph, type GraphSession, type Tensor } from '../runtime'
import { logitsOf } from '../session'
import { parameterTensor } from '../tensors'
import type { Activation, NetworkSource } from './activations'
import { crossings, feedsOf, type Frontier } from './upstream'

export class Suffix {
  private readonly session: GraphSession
  private readonly boundary: readonly Crossing[]
  private readonly output: string
  private parameters: Readonly<Record<string, Tensor>> = {}

  private constructor(session: GraphSession, boundary: readonly Crossing[], output: string) {
    this.session = session
    this.boundary = boundary
    this.output = output
  }

  /**
   * @param parameters that will be replaced; all others of the network stay.
   * @throws GRAPH_UNSUPPORTED, DEVICE_UNAVAILABLE.
   */
  static async open(
    { flow, files, runtime, signature }: NetworkSource,
    activations: ReadonlyMap<string, Activation>,
    { nodes, boundary: names }: { readonly nodes: readonly number[]; readonly boundary: readonly string[] },
    parameters: readonly LayerParameter[]
  ): Promise<Suffix> {
    const boundary = crossings(activations, names)
    const part = flow.part({
      nodes,
      inputs: [...boundary, ...parameters.map(crossingOf)],
      outputs: [{ name: signature.output, dataType: 1 }],
      rewired: parameters.flatMap((parameter) =>
        parameter.uses.map((use) => ({ use, value: crossingOf(parameter).name }))
      )
    })
    const session = await openGraph(part, { ...runtime, files: filesOf(part, files) })
    return new Suffix(session, boundary, signature.output)
  }

  /** Takes the parameters of a trial; they hold until the next. */
  replace(replacements: readonly Replacement[]): Promise<void> {
    this.parameters = Object.fromEntries(
      replacements.map((replacement) => [
        crossingName(crossingOf(replacement.parameter)),
        parameterTensor(replacement)
      ])
    )
    return Promise.resolve()
  }

  /** @returns logits, float32 [n, classes], of the frontier's n images. */
  async run(frontier: Frontier): Promise<Float32Array> {
    const feeds = { ...feedsOf(frontier, this.boundary), ...this.parameters }
    const outputs = await this.session.run(feeds, [this.output])
    return logitsOf(outputs[this.output], this.output)
  }

  close(): Promise<void> {
    return this.session.close()
  }
}

function crossingOf({ name, layout }: LayerParameter): Crossing {
  return { name: `linchpin::${name}`, dataType: layout.dataType, dims: layout.shape }
}

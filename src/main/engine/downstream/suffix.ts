/** The network downstream of a unit, its parameters being inputs: one session serves all trials. */
import { filesOf, port, type LayerParameter, type Replacement } from '../../graph'
import { openGraph, type GraphSession, type Tensor } from '../runtime'
import { logitsOf } from '../session'
import { parameterTensor } from '../tensors'
import type { Activation, NetworkSource } from './activations'
import { chosen, portsOf, type Frontier } from './upstream'

export class Suffix {
  private readonly session: GraphSession
  private readonly boundary: readonly string[]
  private readonly output: string
  private parameters: Readonly<Record<string, Tensor>> = {}

  private constructor(session: GraphSession, boundary: readonly string[], output: string) {
    this.session = session
    this.boundary = boundary
    this.output = output
  }

  /**
   * @param parameters that will be replaced; all others of the network stay.
   * @throws GRAPH_UNSUPPORTED.
   */
  static async open(
    { flow, files, runtime, signature }: NetworkSource,
    activations: ReadonlyMap<string, Activation>,
    { nodes, boundary }: { readonly nodes: readonly number[]; readonly boundary: readonly string[] },
    parameters: readonly LayerParameter[]
  ): Promise<Suffix> {
    const part = flow.part({
      nodes,
      inputs: [
        ...portsOf(activations, boundary),
        ...parameters.map(({ name, layout }) => port(inputName(name), layout.dataType, layout.shape))
      ],
      outputs: [signature.output],
      rewired: parameters.flatMap(({ name, uses }) => uses.map((use) => ({ use, value: inputName(name) })))
    })
    return new Suffix(
      await openGraph(part, { ...runtime, files: filesOf(part, files) }),
      boundary,
      signature.output
    )
  }

  /** Takes the parameters of a trial; they hold until the next. */
  replace(replacements: readonly Replacement[]): Promise<void> {
    this.parameters = Object.fromEntries(
      replacements.map((replacement) => [inputName(replacement.parameter.name), parameterTensor(replacement)])
    )
    return Promise.resolve()
  }

  /** @returns logits, float32 [n, classes], of the frontier's n images. */
  async run(frontier: Frontier): Promise<Float32Array> {
    const outputs = await this.session.run({ ...chosen(frontier, this.boundary), ...this.parameters }, [
      this.output
    ])
    return logitsOf(outputs[this.output], this.output)
  }

  close(): Promise<void> {
    return this.session.close()
  }
}

function inputName(parameter: string): string {
  return `linchpin::${parameter}`
}

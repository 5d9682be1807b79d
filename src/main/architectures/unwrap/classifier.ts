/** A classifier that the network does not have under its own name: beside it, or under another one. */
import type { UnwrapStep, Warning } from '@shared/contract/model'
import type { TensorEntry } from '../../checkpoints'
import type { Reading } from '../reading'
import { renamedTensor } from '../tensors'
import type { NamedTensors } from '../types'

/** What a linear layer that makes logits is called. */
const CLASSIFIERS =
  /^(fc|linear|lin|heads?|classifier|clf|cls|cls_head|linear_head|linear_classifier|lincls|online_(fc|classifier|head)|probe|linear_probe|logits|last_linear|output|final|final_layer)(\.(fc|head|linear|classifier|layer|\d+))?$/
/** The second linear layer of SupCon's head. */
const PROJECTION = 'head.2'

export interface LinearLayer {
  /** Module path. */
  readonly module: string
  readonly weight: TensorEntry
  readonly bias: TensorEntry
}

/** Linear layers with a bias. */
export function linearLayers(tensors: NamedTensors): readonly LinearLayer[] {
  return [...tensors].flatMap(([name, weight]) => {
    if (!/(^|\.)weight$/.test(name) || weight.shape.length !== 2) return []
    const module = name.slice(0, -'weight'.length)
    const bias = tensors.get(`${module}bias`)
    return bias?.shape.length === 1 && bias.shape[0] === weight.shape[0]
      ? [{ module: module.replace(/\.$/, ''), weight, bias }]
      : []
  })
}

/** Those whose name is a classifier's: of a whole network's linear layers, those that may make logits. */
export function namedAsClassifier(layers: readonly LinearLayer[], prefix = ''): readonly LinearLayer[] {
  return layers.filter(
    ({ module }) => module.startsWith(prefix) && CLASSIFIERS.test(module.slice(prefix.length))
  )
}

/** The file's one linear layer, when it holds nothing else. */
export function onlyLinear(tensors: NamedTensors): LinearLayer | null {
  const [layer, ...others] = linearLayers(tensors)
  return layer !== undefined && others.length === 0 && tensors.size === 2 ? layer : null
}

/** Features that the network's classifier takes; null where they are unknown. */
export function featuresOf({ recognition: { targets, classifier } }: Reading): number | null {
  const features = targets.get(`${classifier}.weight`)?.[1] ?? 0
  return features > 0 ? features : null
}

export interface Adoption {
  readonly layer: LinearLayer
  readonly step: UnwrapStep
  readonly warnings: readonly Warning[]
}

/**
 * The classifier of a network that lacks one: the one linear layer with a classifier's name, and as many inputs as the
 * network has features, below the network's prefix or, else, beside one of the modules around it.
 * @param all every tensor of the file, by its full name.
 */
export function findClassifier(prefix: string, reading: Reading, all: NamedTensors): Adoption | null {
  const features = featuresOf(reading)
  const layers = linearLayers(all).filter(({ weight }) => weight.shape[1] === features)
  for (const site of sitesOf(prefix)) {
    const here = namedAsClassifier(layers, site).filter(({ module }) => !isOwn(module, prefix, reading))
    const single = here.filter(({ module }) => !isInStack(module, all))
    const [layer, ...others] = single
    if (layer !== undefined && others.length === 0) return adoption(layer, reading, [])
    const projection = here.find(({ module }) => module === site + PROJECTION)
    if (single.length === 0 && projection !== undefined) {
      const message = `"${projection.module}" ends a stack of linear layers, as projections of pre-training do; it was taken for the classifier without the layers before it.`
      return adoption(projection, reading, [{ code: 'projection-as-classifier', message }])
    }
  }
  return null
}

function adoption(layer: LinearLayer, reading: Reading, warnings: readonly Warning[]): Adoption {
  const { classifier } = reading.recognition
  const text = `The linear layer "${layer.module}" was taken for the classifier "${classifier}".`
  const names = [`${layer.module}.weight`, `${layer.module}.bias`]
  return { layer, step: { kind: 'rename', text, names }, warnings }
}

/** The prefix, then those around it: `module.encoder.`, `module.`, none. */
function sitesOf(prefix: string): readonly string[] {
  const segments = prefix.split('.').slice(0, -1)
  return Array.from({ length: segments.length + 1 }, (_, i) =>
    segments
      .slice(0, segments.length - i)
      .map((segment) => `${segment}.`)
      .join('')
  )
}

function isOwn(module: string, prefix: string, { recognition, translated }: Reading): boolean {
  return (
    !translated &&
    module.startsWith(prefix) &&
    recognition.targets.has(`${module.slice(prefix.length)}.weight`)
  )
}

/** Whether it is in a sequence with other layers that have weights: `fc.2` beside `fc.0`. */
function isInStack(module: string, all: NamedTensors): boolean {
  const match = /^(.*\.)?\d+$/.exec(module)
  const sequence = match?.[1]
  if (sequence === undefined) return false
  return [...all.keys()].some(
    (name) =>
      name.startsWith(sequence) &&
      !name.startsWith(`${module}.`) &&
      /^\d+\./.test(name.slice(sequence.length))
  )
}

/**
 * The network's tensors with this layer for its classifier.
 * @param prefix the network's, where the layer comes from the same file; null: from another.
 */
export function withClassifier(
  reading: Reading,
  { module, weight, bias }: LinearLayer,
  prefix: string | null
): NamedTensors {
  const { classifier } = reading.recognition
  const tensors = new Map(reading.tensors)
  if (prefix !== null && module.startsWith(prefix)) {
    tensors.delete(`${module.slice(prefix.length)}.weight`)
    tensors.delete(`${module.slice(prefix.length)}.bias`)
  }
  tensors.set(`${classifier}.weight`, renamedTensor(weight, `${classifier}.weight`))
  tensors.set(`${classifier}.bias`, renamedTensor(bias, `${classifier}.bias`))
  return tensors
}

/** What a VGG looks like, inferred from the places of its layers in their sequence. */
import type { Modules } from '../modules'
import type { TensorShapes } from '../types'

/** Halvings of height and width in every VGG. */
const POOLINGS = 5

export interface Convolution {
  /** Module path, e.g. `features.3`. */
  readonly name: string
  /** Of its batch norm; null: there is none. */
  readonly norm: string | null
  /** Whether max-pooling follows. */
  readonly pooled: boolean
}

/** Module paths, the classifier last. */
export interface Head {
  readonly hidden: readonly string[]
  readonly classifier: string
  /** Whether the hidden layers are convolutions, as in timm. */
  readonly convolutional: boolean
  /** Height and width of the features that it takes. */
  readonly size: number
}

export interface Vgg {
  readonly convolutions: readonly Convolution[]
  readonly bias: boolean
  readonly head: Head
  /** Height and width that the network takes. */
  readonly inputSize: number
}

/**
 * Layers without tensors (ReLU, max-pooling) have places in the sequence `features`: between two convolutions is
 * room for the first's batch norm and ReLU, and for max-pooling where one place more is left. After the last one
 * max-pooling follows.
 *
 * @returns null where the places tell something else.
 */
export function layoutOf(shapes: TensorShapes, modules: Modules): Vgg | null {
  const places = convolutionPlaces(shapes, modules)
  if (places === null) return null
  const normed = places.some((place) => shapes.has(`features.${String(place + 1)}.running_mean`))
  const step = normed ? 3 : 2
  const convolutions = places.map((place, i): Convolution | null => {
    const next = places[i + 1] ?? place + step + 1
    if (next !== place + step && next !== place + step + 1) return null
    return {
      name: `features.${String(place)}`,
      norm: normed ? `features.${String(place + 1)}` : null,
      pooled: next === place + step + 1
    }
  })
  const known = convolutions.filter((convolution) => convolution !== null)
  // With dropout in the sequence the places say nothing.
  if (known.length < places.length || known.filter(({ pooled }) => pooled).length !== POOLINGS) return null
  const width = shapes.get(`${known.at(-1)?.name ?? ''}.weight`)?.[0] ?? 0
  const head = headOf(shapes, modules, width)
  return {
    convolutions: known,
    // One without a bias among others with one is incomplete, and is refused.
    bias: known.some(({ name }) => shapes.has(`${name}.bias`)),
    head,
    inputSize: head.size * 2 ** POOLINGS
  }
}

/** In order; null: the sequence holds something else than convolutions of 3 × 3 and norms. */
function convolutionPlaces(shapes: TensorShapes, modules: Modules): readonly number[] | null {
  const first = shapes.get('features.0.weight')
  if (first?.length !== 4 || [...modules].some((name) => /^features\.(\d+\.|.*\D.*)/.test(name))) return null
  const places = [...shapes].flatMap(([name, shape]) => {
    const [, place] = /^features\.(\d+)\.weight$/.exec(name) ?? []
    return place !== undefined && shape.length === 4 ? [{ place: Number(place), kernel: shape[2] }] : []
  })
  if (places.some(({ kernel }) => kernel !== 3)) return null
  return places.map(({ place }) => place).sort((a, b) => a - b)
}

/**
 * Two hidden layers, or none (CIFAR code). A head that takes as many features as there are channels stands on a
 * single place, as 32 × 32 pixels leave it; any other takes 7 × 7.
 */
function headOf(shapes: TensorShapes, modules: Modules, width: number): Head {
  if (modules.has('pre_logits')) {
    const hidden = ['pre_logits.fc1', 'pre_logits.fc2']
    return { hidden, classifier: 'head.fc', convolutional: true, size: 7 }
  }
  if (shapes.has('classifier.weight')) {
    const size = shapes.get('classifier.weight')?.[1] === width ? 1 : 7
    return { hidden: [], classifier: 'classifier', convolutional: false, size }
  }
  const size = shapes.get('classifier.0.weight')?.[1] === width ? 1 : 7
  return { hidden: ['classifier.0', 'classifier.3'], classifier: 'classifier.6', convolutional: false, size }
}

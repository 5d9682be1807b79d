/** A classifier that was saved apart from its network. */
import { basename } from 'node:path'
import { LinchpinError } from '@shared/errors'
import { openCheckpoint } from '../../checkpoints'
import { shorten } from '../text'
import { linearLayers, namedAsClassifier, onlyLinear, type LinearLayer } from './classifier'
import { inventoryOf } from './inventory'

export interface HeadFile {
  readonly layer: LinearLayer
  readonly files: readonly string[]
  /** Its tensors cannot be read after this. */
  close(): Promise<void>
}

/**
 * @param features that the network gives; null where they are unknown.
 * @throws OPTION_INVALID when it holds no such classifier, and what `openCheckpoint` throws.
 */
export async function openHead(path: string, features: number | null): Promise<HeadFile> {
  const checkpoint = await openCheckpoint(path)
  try {
    if (checkpoint.kind === 'graph') throw unusable(path, 'it is an ONNX graph', features)
    const { tensors } = inventoryOf(checkpoint.tensors)
    const layers = linearLayers(tensors)
    const only = onlyLinear(tensors)
    const candidates = (only === null ? classifiersOf(layers) : [only]).filter(
      ({ weight }) => features === null || weight.shape[1] === features
    )
    const [layer, ...others] = candidates
    if (layer === undefined || others.length > 0) {
      const list = shorten((others.length > 0 ? candidates : layers).map(describe))
      throw unusable(path, list === '' ? 'it has no linear layer' : `it has ${list}`, features)
    }
    return { layer, files: checkpoint.files, close: () => checkpoint.close() }
  } catch (error) {
    await checkpoint.close()
    throw error
  }
}

/** Of a whole network, or several layers: those with a classifier's name, whatever is around them. */
function classifiersOf(layers: readonly LinearLayer[]): readonly LinearLayer[] {
  return layers.filter((layer) => {
    const segments = layer.module.split('.')
    return segments.some((_, i) => {
      const prefix = segments.slice(0, i).map((segment) => `${segment}.`)
      return namedAsClassifier([layer], prefix.join('')).length > 0
    })
  })
}

function describe({ module, weight }: LinearLayer): string {
  return `"${module}" [${weight.shape.join(', ')}]`
}

function unusable(path: string, found: string, features: number | null): LinchpinError {
  const wanted = features === null ? '' : ` that takes ${features} features`
  return new LinchpinError(
    'OPTION_INVALID',
    `"${basename(path)}" cannot be the classifier: ${found}; expected one linear layer${wanted}, with a bias.`,
    { fix: 'Give the file that holds the classifier trained on this network.' }
  )
}

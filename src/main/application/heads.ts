/** Classifiers that are saved apart from their network: options name their file, which can move like the network's. */
import { existsSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import type { ModelOptions } from '@shared/contract/model'
import { LinchpinError } from '@shared/errors'
import type { StoredModel } from '../store'

/** Options with the head's path absolute: what is stored holds wherever the program is started. */
export function withAbsoluteHead(options: ModelOptions = {}): ModelOptions {
  return options.head === undefined ? options : { ...options, head: resolve(options.head) }
}

/**
 * A model's options with its head where that may be once the network's file is at `path`: as it was, and, when both
 * moved together, where it lay as seen from the network.
 * @throws FILE_NOT_FOUND when it is in neither place.
 */
export function headCandidates({ model }: StoredModel, path: string): readonly ModelOptions[] {
  const { options } = model
  const { head } = options
  if (head === undefined) return [options]
  const besides = resolve(dirname(path), relative(dirname(model.path), head))
  const found = [...new Set([head, besides])].filter((place) => existsSync(place))
  if (found.length > 0) return found.map((place) => ({ ...options, head: place }))
  throw new LinchpinError('FILE_NOT_FOUND', `The classifier of "${model.name}" was at "${head}".`, {
    fix: 'Put it back, or import the model again with its classifier.'
  })
}

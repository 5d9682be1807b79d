import type { ModelOptions } from '@shared/contract/model'
import { fromProblem } from '@shared/errors'
import { checkpointFiles } from '../checkpoints'
import { inspectCheckpoint, type Classifier } from './inspect'

export { inspectCheckpoint, type Classifier, type Inspected } from './inspect'

/**
 * Absolute paths of all files that a classifier is made of: the checkpoint's, then those of a head saved apart.
 * @throws what `openCheckpoint` throws.
 */
export async function classifierFiles(path: string, { head }: ModelOptions): Promise<readonly string[]> {
  const own = await checkpointFiles(path)
  return head === undefined ? own : [...own, ...(await checkpointFiles(head))]
}

/** A checkpoint that must be good. @throws what is wrong with it. */
export async function loadClassifier(path: string, options: ModelOptions = {}): Promise<Classifier> {
  const { classifier, inspection } = await inspectCheckpoint(path, options)
  if (classifier !== null) return classifier
  throw inspection.error === undefined
    ? new Error('an inspection without classifier or error')
    : fromProblem(inspection.error)
}

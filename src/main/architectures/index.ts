import type { ModelOptions } from '@shared/contract/model'
import { fromProblem } from '@shared/errors'
import { inspectCheckpoint, type Classifier } from './inspect'

export { inspectCheckpoint, type Classifier, type Inspected } from './inspect'

/** A checkpoint that must be good. @throws what is wrong with it. */
export async function loadClassifier(path: string, options: ModelOptions = {}): Promise<Classifier> {
  const { classifier, inspection } = await inspectCheckpoint(path, options)
  if (classifier !== null) return classifier
  throw inspection.error === undefined
    ? new Error('an inspection without classifier or error')
    : fromProblem(inspection.error)
}

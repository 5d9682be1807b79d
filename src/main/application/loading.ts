/** Did it load right? Runs files on a few images of a study, and other readings of those that look odd. */
import { resolve } from 'node:path'
import { CHECK_IMAGES, type LoadCheckOutcome } from '@shared/contract/loading'
import type { ModelOptions } from '@shared/contract/model'
import { LinchpinError, toProblem, type Problem } from '@shared/errors'
import { sampleImages } from '../images'
import type { StoredEvaluation } from '../store'
import { Engine } from './engine'
import { FileCheck, type CheckImages } from './file-check'
import type { Services } from './services'
import type { OpenStudy } from './study'

interface FileToCheck {
  readonly path: string
  readonly options?: ModelOptions | undefined
}

/**
 * One outcome a file, in that order; a bad file stops no other. Nothing of the study changes.
 * @throws CANCELLED.
 */
export async function checkFiles(
  study: OpenStudy,
  files: readonly FileToCheck[],
  app: Pick<Services, 'evaluations' | 'host'>,
  signal?: AbortSignal
): Promise<LoadCheckOutcome[]> {
  if (files.length === 0) return []
  let images: CheckImages
  try {
    images = await imagesOf(app.evaluations.current(study), app.evaluations, signal)
  } catch (error) {
    throwIfCancelled(signal)
    const problem = toProblem(error)
    return files.map(({ path }) => failed(path, problem))
  }
  const outcomes: LoadCheckOutcome[] = []
  let engine: Engine | null = null
  try {
    for (const { path, options = {} } of files) {
      throwIfCancelled(signal)
      if (engine === null || engine.ended) engine = new Engine(app.host.launchEngine())
      try {
        const check = await new FileCheck(engine, resolve(path), options, images, signal).run()
        outcomes.push({ path, check, problem: null })
      } catch (error) {
        throwIfCancelled(signal)
        outcomes.push(failed(path, toProblem(error)))
      }
    }
  } finally {
    await engine?.stop()
  }
  return outcomes
}

function failed(path: string, problem: Problem): LoadCheckOutcome {
  return { path, check: null, problem }
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new LinchpinError('CANCELLED', 'Nothing was changed.')
}

async function imagesOf(
  stored: StoredEvaluation,
  evaluations: Services['evaluations'],
  signal: AbortSignal | undefined
): Promise<CheckImages> {
  const { evaluation, labels } = stored
  const file = await evaluations.images(stored, signal)
  const indices = sampleImages(file.count, labels, CHECK_IMAGES)
  const names = evaluation.classes
  const largest = labels?.reduce((most, label) => Math.max(most, label), 0)
  return {
    file,
    indices,
    context: {
      labels: labels === null ? null : indices.map((index) => labels[index] ?? 0),
      names,
      setClasses: largest === undefined ? null : names.length > 0 ? names.length : largest + 1
    }
  }
}

/** Did it load right? Runs files on a few images of a study. */
import type { LoadCheckOutcome } from '@shared/contract/loading'
import type { ModelOptions } from '@shared/contract/model'
import { LinchpinError, toProblem } from '@shared/errors'
import type { Services } from './services'
import type { OpenStudy } from './study'

interface FileToCheck {
  readonly path: string
  readonly options?: ModelOptions | undefined
}

/** One outcome a file; never throws for a bad file. */
export function checkFiles(
  _study: OpenStudy,
  files: readonly FileToCheck[],
  _app: Pick<Services, 'evaluations' | 'host'>,
  _signal?: AbortSignal
): LoadCheckOutcome[] {
  const problem = toProblem(new LinchpinError('BUG', 'The check is not there.'))
  return files.map(({ path }) => ({ path, check: null, problem }))
}

import type { LinchpinClient } from '@shared/contract'
import { toProblem } from '@shared/errors'
import { Limit } from '../../client/limit'
import type { StudyState } from '../study'
import { readingOptions, type ImportRow } from './row'

/** Did the files of the list load right? One is checked at a time: each check runs a network. */
export class RowChecks {
  private readonly client: LinchpinClient
  private readonly study: StudyState
  private readonly limit = new Limit(1)

  constructor(client: LinchpinClient, study: StudyState) {
    this.client = client
    this.study = study
  }

  /**
   * Checks a row that was read, if the study has images for it. A failure is kept in the row.
   * @param signal aborted when the row is read anew or is gone: then the check is of no use.
   */
  async run(row: ImportRow, signal: AbortSignal): Promise<void> {
    const { path } = row
    const options = readingOptions(row)
    row.check = { state: 'none' }
    if (path === null || options === null || this.study.evaluation.value === null) return
    row.check = { state: 'waiting' }
    const stale = (): boolean => signal.aborted
    await this.limit.run(async () => {
      if (stale()) return
      row.check = { state: 'running' }
      try {
        const files = [{ path, options }]
        const [outcome] = await this.client.models.check({ study: this.study.id, files }, { signal })
        if (stale()) return
        if (outcome?.check) row.check = { state: 'done', check: outcome.check }
        else if (outcome?.problem) row.check = { state: 'failed', problem: outcome.problem }
        else row.check = { state: 'none' }
      } catch (error) {
        if (!stale()) row.check = { state: 'failed', problem: toProblem(error) }
      }
    })
  }
}

import type { Run } from '@shared/contract/measurement'
import type { Model } from '@shared/contract/model'
import type { StudyEvent } from '@shared/contract/study'
import { mean } from '@shared/statistics'
import { duration, note, thousands } from './output'

/** Shows a study's measurement on stderr: a line that moves on a terminal, and a line for each finished model. */
export class ProgressReporter {
  private readonly terminal: boolean
  private models = new Map<string, Model>()
  private readonly means = new Map<string, { value: number; layers: number }>()
  private current: string | null = null
  private moving = false

  constructor(terminal: boolean = process.stderr.isTTY) {
    this.terminal = terminal
  }

  event(event: StudyEvent): void {
    switch (event.type) {
      case 'snapshot':
        this.models = new Map(event.snapshot.models.map((model) => [model.id, model]))
        break
      case 'models':
        this.models = new Map(event.models.map((model) => [model.id, model]))
        break
      case 'cells':
        this.means.set(event.cells.model, {
          value: mean(event.cells.cells.map((cell) => cell.mean)),
          layers: event.cells.cells.length
        })
        break
      case 'preparing':
        this.move(
          event.ended ? '' : `Preparing images: ${thousands(event.done)} of ${thousands(event.total)}`
        )
        break
      case 'run':
        this.run(event.run)
        break
      case 'evaluation':
      case 'series':
        break
    }
  }

  private run(run: Run): void {
    const { progress, state } = run
    const ended = state !== 'running' && state !== 'queued'
    if (this.current !== null && (progress.model !== this.current || ended)) this.finished(this.current)
    this.current = ended ? null : progress.model
    if (ended) {
      this.move('')
      return
    }
    const share =
      progress.totalPasses === 0 ? 0 : Math.min(100, (100 * progress.passes) / progress.totalPasses)
    const name = progress.model === null ? '' : (this.models.get(progress.model)?.name ?? progress.model)
    const parts = [
      `${share.toFixed(0)} %`,
      name,
      progress.layer ?? '',
      progress.rate === null ? '' : `${thousands(progress.rate)} images/s`,
      progress.secondsLeft === null ? '' : `${duration(progress.secondsLeft)} left`
    ]
    this.move(parts.filter((part) => part !== '').join(' · '))
  }

  private finished(id: string): void {
    const result = this.means.get(id)
    if (result === undefined) return
    this.move('')
    const name = this.models.get(id)?.name ?? id
    note(
      `${name}: mean criticality ${(100 * result.value).toFixed(1)} % over ${String(result.layers)} layers`
    )
  }

  /** Replaces the moving line; empty takes it away. */
  private move(line: string): void {
    if (!this.terminal || (line === '' && !this.moving)) return
    process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns || 80) - 1)}`)
    this.moving = line !== ''
  }
}

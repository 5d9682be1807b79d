/** What is known of each unit of a configuration, kept up to date while its trials are measured. */
import type { Cell, Outcome } from '@shared/contract/measurement'
import { CellStatistics } from '@shared/statistics'
import type { Piece, StoredConfiguration, StudyStore, TrialDistances } from '../../store'
import { isStep, sequenceOf, type Sequence } from './sequence'

/** Cells are summed up at most this often, in milliseconds, and for at most this part of the time. */
const INTERVAL = 100
const PART = 0.05

interface Unit {
  readonly statistics: CellStatistics
  /** Images of each trial. */
  readonly trials: Map<number, number>
  readonly target: number | null
  readonly outcome: Outcome | null
}

/** The only one that writes pieces and cells of a configuration. */
export class CellRecord {
  readonly configuration: StoredConfiguration
  private readonly store: StudyStore
  private readonly sequence: Sequence
  private readonly units = new Map<string, Unit>()
  private readonly changed = new Set<string>()
  private nextSummary = 0

  constructor(store: StudyStore, configuration: StoredConfiguration) {
    this.store = store
    this.configuration = configuration
    this.sequence = sequenceOf(configuration)
  }

  /** @returns false for a piece that was measured before. */
  add(piece: Piece): boolean {
    const { id } = this.configuration
    // From the store before the piece is in it.
    const unit = this.unit(piece.unit)
    return this.store.transaction(() => {
      if (!this.store.measurements.append(id, piece)) return false
      const { trial, from, to, distances, metrics } = piece
      unit.statistics.add(trial, this.sequence(trial, from, to), distances, metrics.criticality)
      unit.trials.set(trial, to)
      this.units.set(piece.unit, { ...unit, outcome: null })
      this.changed.add(piece.unit)
      if (performance.now() >= this.nextSummary) this.flush()
      return true
    })
  }

  /** Takes a trial without a result out again. */
  fail(name: string, trial: number): void {
    const { id } = this.configuration
    if (!this.unit(name).trials.has(trial)) return
    this.store.transaction(() => {
      this.store.measurements.drop(id, name, trial)
      this.units.delete(name)
      this.changed.add(name)
      this.flush()
    })
  }

  /** What came of the adaptive protocol. @param outcome null: it is under way. @returns whether that is new. */
  conclude(name: string, target: number, outcome: Outcome | null): boolean {
    const unit = this.unit(name)
    if (unit.target === target && unit.outcome === outcome) return false
    this.units.set(name, { ...unit, target, outcome })
    this.changed.add(name)
    return true
  }

  /** Sums up what has changed; otherwise that is done now and then. */
  flush(): void {
    const started = performance.now()
    const names = [...this.changed]
    this.changed.clear()
    this.store.transaction(() => {
      for (const name of names) this.write(name)
    })
    const ended = performance.now()
    this.nextSummary = ended + Math.max(INTERVAL, (ended - started) / PART)
  }

  private write(name: string): void {
    const { id } = this.configuration
    const cell = this.cell(name)
    if (cell === null) this.store.cells.remove(id, name)
    else this.store.cells.set(id, cell)
  }

  private cell(name: string): Cell | null {
    const { statistics, trials, target, outcome } = this.unit(name)
    if (trials.size === 0) return null
    const { interval, ...summary } = statistics.summary()
    return {
      ...summary,
      layer: name,
      interval: interval === null ? null : [...interval],
      components: { ...summary.components },
      complete: [...trials.values()].every((images) => this.isComplete(images)),
      targetSe: target,
      outcome
    }
  }

  private isComplete(images: number): boolean {
    const { sampling, images: pool } = this.configuration
    return sampling === 'same' ? images === pool : isStep(images, pool)
  }

  private unit(name: string): Unit {
    const known = this.units.get(name)
    if (known !== undefined) return known
    const { id } = this.configuration
    const cell = this.store.cells.get(id, name)
    const stored = this.store.measurements.distances(id, name)
    const unit: Unit = {
      statistics: this.statisticsOf(stored),
      trials: new Map(stored.map(({ trial, distances }) => [trial, distances.length])),
      target: cell?.targetSe ?? null,
      outcome: cell?.outcome ?? null
    }
    this.units.set(name, unit)
    return unit
  }

  private statisticsOf(trials: readonly TrialDistances[]): CellStatistics {
    const statistics = new CellStatistics()
    for (const { trial, distances, mean } of trials)
      statistics.add(trial, this.sequence(trial, 0, distances.length), distances, mean)
    return statistics
  }

  /** Computes a cell anew from what is stored. */
  renew(name: string): void {
    this.units.delete(name)
    this.changed.add(name)
  }
}

/** Cells that are missing or behind, as in a study of version 1 or one that was left in the middle of a round. */
export function renewCells(store: StudyStore): void {
  const stale = store.cells.stale()
  for (const id of new Set(stale.map(({ configuration }) => configuration))) {
    const configuration = store.configurations.get(id)
    if (configuration === null) continue
    const record = new CellRecord(store, configuration)
    for (const { layer } of stale.filter((place) => place.configuration === id)) record.renew(layer)
    record.flush()
  }
}

/** What a study's cells tell about others of the same perturbation. */
import type { Cell } from '@shared/contract/measurement'
import { mean } from '@shared/statistics'
import type { Configuration, StudyStore } from '../../store'

/** σ² of the parts of criticality, and what it is about. */
export interface Spread {
  readonly trial: number
  readonly image: number
  readonly rest: number
  readonly mean: number
}

/** Of a unit that nothing is known of: 4 points between trials, as the published table has on average, 20 within. */
export const USUAL: Spread = { trial: 0.04 ** 2, image: 0.12 ** 2, rest: 0.16 ** 2, mean: 0.5 }

export class ComparableCells {
  private readonly byName = new Map<string, Spread[]>()
  private readonly all: Spread[] = []

  /** @param random whether trials differ. */
  constructor(
    store: StudyStore,
    { unit, kinds, perturbation, perturbationHash, requestedScheme }: Configuration,
    random: boolean
  ) {
    for (const stored of store.configurations.all()) {
      const alike =
        stored.unit === unit &&
        stored.kinds === kinds &&
        stored.perturbation === perturbation &&
        stored.perturbation_hash === perturbationHash &&
        stored.requested_scheme === requestedScheme
      if (!alike) continue
      for (const cell of store.cells.of(stored.id)) {
        const spread = spreadIn(cell, random)
        if (spread === null) continue
        this.all.push(spread)
        this.byName.set(cell.layer, [...(this.byName.get(cell.layer) ?? []), spread])
      }
    }
  }

  /** Of units of this name; else of all; null: there are none. */
  of(name: string): Spread | null {
    const spreads = this.byName.get(name) ?? this.all
    if (spreads.length === 0) return null
    return {
      trial: mean(spreads.map((spread) => spread.trial)),
      image: mean(spreads.map((spread) => spread.image)),
      rest: mean(spreads.map((spread) => spread.rest)),
      mean: mean(spreads.map((spread) => spread.mean))
    }
  }
}

function spreadIn({ components, mean: centre }: Cell, random: boolean): Spread | null {
  const { trial, image, rest, within } = components
  if (within === null || (random && trial === null)) return null
  // Where trials share too few images to tell: all of it may be the images'.
  return { trial: trial ?? 0, image: image ?? within, rest: rest ?? 0, mean: centre }
}

/** Of a mean over trials that all see the same images. */
export function standardErrorOf({ trial, image, rest }: Spread, trials: number, images: number): number {
  return Math.sqrt(trial / trials + image / images + rest / (trials * images))
}

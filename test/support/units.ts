/**
 * What PyTorch measures when layers, parts, blocks and stages are perturbed: test/fixtures/units/make_units.py. Both
 * checkpoints' paths stand below test/fixtures.
 */
import { readFileSync } from 'node:fs'
import type { ImageFile } from '@shared/contract/engine'
import type { LayerKind, Normalization } from '@shared/contract/model'
import type { UnitType } from '@shared/units'
import type { DrawScheme } from '../../src/main/perturbations'
import { fixture, goldenImages, normalization } from './golden'

export interface UnitRow {
  readonly model: string
  readonly type: UnitType
  readonly unit: string
  readonly kinds: LayerKind[] | null
  /** As the user writes it. */
  readonly perturbation: string
  readonly criticality: number
  readonly l2: number
  readonly agreement: number
}

export const expectedUnits = JSON.parse(readFileSync(fixture('units/expected.json'), 'utf8')) as {
  seed: number
  trial: number
  scheme: DrawScheme
  rows: UnitRow[]
}

interface UnitInput {
  readonly images: ImageFile
  readonly normalization: Normalization | null
  readonly options: { readonly heads?: number }
}

/** What a row's model is shown. */
export function inputOf(model: string): UnitInput {
  if (model.startsWith('golden/')) return { images: goldenImages(), normalization, options: {} }
  const path = fixture('vit/input.npy')
  const offset = 10 + readFileSync(path).readUInt16LE(8)
  const images: ImageFile = {
    path,
    offset,
    dtype: 'float32',
    height: 16,
    width: 16,
    channelsLast: false,
    count: 2
  }
  return { images, normalization: null, options: { heads: 3 } }
}

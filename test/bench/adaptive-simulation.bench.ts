import { test } from 'vitest'
import { bestDesign, LEAST_TRIALS, paperStandardError } from '@shared/statistics'
import { componentsOf, RESNET_LAYERS, simulate, TRIAL_KINDS } from '../support/adaptive'
import { seeded } from '../support/random'
import { report } from './report'

const PAPER_PASSES = 30_000

test('coverage of nominal 95 % intervals where the adaptive protocol stops', () => {
  const repetitions = 10_000
  const values: Record<string, number> = { repetitions }
  for (const model of TRIAL_KINDS) {
    for (const target of [0.01, 0.02, 0.05]) {
      const random = seeded(40)
      let [covered, passes, trials] = [0, 0, 0]
      for (let k = 0; k < repetitions; k++) {
        const outcome = simulate(model, random, { target, pool: 5000 })
        const [low, high] = outcome.summary.interval ?? [NaN, NaN]
        if (low <= model.truth && model.truth <= high) covered++
        passes += outcome.passes
        trials += outcome.summary.trials
      }
      const place = `${model.name}, target ${String(100 * target)} points`
      values[`${place}: coverage, %`] = (100 * covered) / repetitions
      values[`${place}: trials`] = trials / repetitions
      values[`${place}: passes`] = passes / repetitions
    }
  }
  report('adaptive-coverage', values)
})

test.each([0, 40])('passes to the standard error of the paper, a draw costing %i passes', (drawCost) => {
  const repetitions = 40
  const random = seeded(41)
  const values: Record<string, number> = { repetitions }
  const sum = { own: 0, best: 0, floor: 0 }
  for (const model of RESNET_LAYERS) {
    const components = componentsOf(model, random)
    const target = paperStandardError(components)
    const pool = 50_000
    const best = bestDesign(components, target, { pool })?.passes ?? NaN
    const floor = bestDesign(components, target, { pool, least: LEAST_TRIALS })?.passes ?? NaN
    let [own, reached] = [0, 0]
    for (let k = 0; k < repetitions; k++) {
      const { passes, reason } = simulate(model, random, { target, pool, drawCost })
      own += passes / repetitions
      if (reason === 'reached') reached++
    }
    values[`${model.name}: target, points`] = 100 * target
    values[`${model.name}: passes`] = own
    values[`${model.name}: passes of the best design`] = best
    values[`${model.name}: ratio`] = own / best
    values[`${model.name}: reached, %`] = (100 * reached) / repetitions
    sum.own += own
    sum.best += best
    sum.floor += floor
  }
  const paper = PAPER_PASSES * RESNET_LAYERS.length
  values['all layers: passes over those of the best designs'] = sum.own / sum.best
  values[`all layers: the same, of at least ${String(LEAST_TRIALS)} trials`] = sum.own / sum.floor
  values["all layers: the paper's passes over those of the protocol"] = paper / sum.own
  values["all layers: the paper's passes over those of the best designs"] = paper / sum.best
  report(`adaptive-passes-draw-${String(drawCost)}`, values)
})

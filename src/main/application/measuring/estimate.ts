/** How long a plan will take, from what measuring costs here: docs/performance.md. */
import type { ImageFile, Timing } from '@shared/contract/engine'
import type { MeasurementSpec } from '@shared/contract/measurement'
import { Engine } from '../engine'
import { verifiedModel } from '../models'
import type { OpenStudy } from '../study'
import type { ModelNeeds } from './needs'
import type { ModelPlan, StudyPlan } from './plan'
import type { QueueParts } from './queue'

interface Estimate extends QueueParts {
  readonly study: OpenStudy
  readonly spec: MeasurementSpec
  readonly plan: StudyPlan
  /** One a model. */
  readonly needs: readonly ModelNeeds[]
}

/** Models that are alike are timed once. */
export async function estimateSeconds(estimate: Estimate): Promise<number> {
  const { plan, needs, spec, evaluations, launchEngine } = estimate
  const images = await evaluations.images(plan.evaluation)
  const engine = new Engine(launchEngine({ tf32: spec.precision === 'tf32' }))
  const timings = new Map<string, Timing>()
  let seconds = 0
  let at = ''
  try {
    for (const [i, model] of plan.models.entries()) {
      const need = needs[i]
      if (need === undefined || need.units.length === 0) continue
      at = model.stored.model.name
      const key = likeness(model)
      const timing = timings.get(key) ?? (await time(estimate, model, need, { engine, images }))
      timings.set(key, timing)
      seconds += secondsOf(need, timing, { full: spec.full, sampling: model.configuration.sampling })
    }
    return seconds
  } catch (error) {
    throw await engine.explain(error, `timing "${at}"`)
  } finally {
    await engine.stop()
  }
}

/** Of models that share it, passes take the same time. */
function likeness({ stored }: ModelPlan): string {
  const { architecture, parameters, layers } = stored.model
  return JSON.stringify([architecture, parameters, layers.map(({ name, shape }) => [name, shape])])
}

async function time(
  { study, spec, calibrations }: Estimate,
  plan: ModelPlan,
  need: ModelNeeds,
  { engine, images }: { readonly engine: Engine; readonly images: ImageFile }
): Promise<Timing> {
  const { configuration, perturbation, stored } = plan
  const { model } = stored
  const { provider, precision, seed } = configuration
  const { path, options } = await verifiedModel(study, stored)
  const work = need.units.reduce(
    (sum, unit) => sum + unit.passes * (spec.full ? 1 : unit.share),
    (spec.full ? 1 : 2) * need.originals
  )
  const target = { model, path, options, images, provider, precision }
  const { batch, threads } = await calibrations.settingFor(spec, target, work, engine)
  return engine.client.time({
    model: { path, options, normalization: model.normalization },
    images: { ...images, count: configuration.images },
    perturbation,
    seed,
    unit: spec.unit,
    kinds: spec.kinds,
    path: spec.full ? 'full' : 'downstream',
    execution: { batch, ...(threads === null ? {} : { threads }), provider, precision },
    units: need.units.map(({ name }) => name)
  })
}

/** In the order of docs/performance.md: the network's own passes, units and what is downstream of them, draws. */
export function secondsOf(
  { units, originals, rounds }: ModelNeeds,
  timing: Timing,
  { full, sampling }: { readonly full: boolean; readonly sampling: 'same' | 'fresh' }
): number {
  const { secondsPerPass, downstreamFactor, secondsPerUnit, secondsPerParameter, secondsPerComparison } =
    timing
  const shards = Math.max(rounds, Math.ceil(originals / timing.shard))
  const own = (full ? 1 : 2) * originals * secondsPerPass
  return units.reduce((sum, { share, parameters, trials, passes }) => {
    const pass = (full ? 1 : share) * downstreamFactor * secondsPerPass + secondsPerComparison
    // A trial that sees the images of all is drawn for each shard of them again, one of its own images once.
    const draws = sampling === 'same' ? trials * shards : trials
    return sum + passes * pass + shards * secondsPerUnit + draws * parameters * secondsPerParameter
  }, own)
}

/** What measuring costs here: a few units are measured on a few images, piece by piece. */
import type { Timing, TimingRequest } from '@shared/contract/engine'
import { PredictionComparison } from '@shared/statistics'
import { perturb } from '../../perturbations'
import { openImages } from '../images'
import { shareOf, type Measurer } from './measure'
import { resolvePerturbation } from './network'
import { FullPath } from './paths'
import { ImageOrder, prepareBlock } from './shard'

/** How long passes of one kind are timed, in milliseconds. */
const TIMING = 600
/** Units that are tried: they lie evenly in the network. */
const TRIED = 4

/** Seconds of a run of `work`, repeated for a while, after one to warm up. */
async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  await work()
  const started = performance.now()
  let runs = 0
  do {
    await work()
    runs++
  } while (performance.now() - started < TIMING)
  return (performance.now() - started) / 1000 / runs
}

async function once<T>(work: () => T | Promise<T>): Promise<{ result: T; seconds: number }> {
  const started = performance.now()
  const result = await work()
  return { result, seconds: (performance.now() - started) / 1000 }
}

/** @throws what measuring throws. */
export async function timeMeasurement(measurer: Measurer, request: TimingRequest): Promise<Timing> {
  const tasks = request.units.map((unit) => ({ unit }))
  const prepared = await measurer.prepare({ ...request, labels: null, sampling: 'same', tasks })
  const { network, units, path } = prepared
  const { normalization, options } = request.model
  const pixels = await openImages(request.images, normalization, options.channels)
  const full = path instanceof FullPath
  const perturbation = await resolvePerturbation(request)
  const { layers } = network.classifier
  try {
    const n = Math.min(network.batch(request.execution.batch), request.images.count)
    const block = { sequence: null, from: 0, to: n }
    const images = new ImageOrder({ ...request, sampling: 'same' }).of(block)
    const data = await pixels.pick(images)
    const pass = (await secondsOf(() => network.original.run(data, n))) / n
    const { frontier, reference } = await prepareBlock(network, pixels, block, { images, labels: null })
    const sums = { passes: 0, ideal: 0, open: 0, draw: 0, parameters: 0, compare: 0, tried: 0 }
    const step = Math.max(1, units.length / TRIED)
    let next = step / 2
    for (const [index, unit] of units.entries()) {
      await path.advance(frontier, index)
      if (index >= Math.floor(next)) {
        next += step
        const target = { unit, layers, seed: request.seed, trial: 0 }
        // What is first of its kind in a process is slow: it is compiled.
        perturb(perturbation, target)
        const drawn = await once(() => perturb(perturbation, target))
        const parameters = drawn.result.map(({ parameter }) => parameter)
        const opened = await once(() => path.open(index, parameters))
        const replaced = await once(() => opened.result.replace(drawn.result))
        sums.passes += await secondsOf(() => opened.result.run(frontier))
        const logits = await opened.result.run(frontier)
        new PredictionComparison().add(reference, logits)
        const compared = await once(() => new PredictionComparison().add(reference, logits))
        await opened.result.close()
        sums.ideal += (full ? 1 : shareOf(unit)) * n * pass
        sums.open += opened.seconds
        sums.draw += drawn.seconds + replaced.seconds
        sums.parameters += drawn.result.reduce((sum, { values }) => sum + values.length, 0)
        sums.compare += compared.seconds / n
        sums.tried++
      }
      path.leave(frontier, index)
    }
    return {
      secondsPerPass: pass,
      downstreamFactor: sums.ideal === 0 ? 1 : sums.passes / sums.ideal,
      secondsPerUnit: sums.open / sums.tried,
      secondsPerParameter: sums.draw / Math.max(1, sums.parameters),
      secondsPerComparison: sums.compare / sums.tried,
      shard: prepared.capacity
    }
  } finally {
    await pixels.close()
  }
}

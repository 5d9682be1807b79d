/** How many threads and images at a time run a network fastest on this machine. */
import type { Calibration, CalibrationRequest } from '@shared/contract/engine'
import { loadClassifier } from '../architectures'
import { filesOf, withExternalWeights } from '../graph'
import { openImages } from './images'
import { createSession } from './session'

/** How long one choice is tried, in milliseconds, after a run to warm up. */
const TIMING = 400
/** A choice is better than one before it only by more than this; less is chance. */
const CLEARLY = 1.03

/**
 * Threads first, at a middling number of images, then the number of images. Of choices that are about as fast the
 * first is taken: the fewest.
 * @throws what `loadClassifier` and `createSession` throw.
 */
export async function calibrate({
  model,
  images: file,
  execution,
  threads,
  batches
}: CalibrationRequest): Promise<Calibration> {
  const classifier = await loadClassifier(model.path, model.options)
  const external = withExternalWeights(classifier.model)
  const { signature } = classifier
  const images = await openImages(file, model.normalization, model.options.channels)
  const rate = async (threadCount: number, batch: number): Promise<number> => {
    const n = Math.min(signature.batch ?? batch, images.count)
    const session = await createSession(external.model, {
      signature,
      height: file.height,
      width: file.width,
      threads: threadCount,
      provider: execution.provider,
      files: filesOf(external.model, external.files)
    })
    try {
      const data = await images.read(0, n)
      await session.run(data, n)
      const started = performance.now()
      let done = 0
      do {
        await session.run(data, n)
        done += n
      } while (performance.now() - started < TIMING)
      return (1000 * done) / (performance.now() - started)
    } finally {
      await session.close()
    }
  }
  try {
    const sorted = [...batches].sort((a, b) => a - b)
    const middle = sorted[Math.floor(sorted.length / 2)] ?? 1
    const best = { threads: threads[0] ?? 1, batch: middle, imagesPerSecond: 0 }
    for (const count of threads) {
      const speed = await rate(count, middle)
      if (speed > CLEARLY * best.imagesPerSecond)
        Object.assign(best, { threads: count, imagesPerSecond: speed })
    }
    const usable = signature.batch === null ? sorted : [signature.batch]
    let fastest = 0
    for (const batch of usable) {
      const speed = batch === middle ? best.imagesPerSecond : await rate(best.threads, batch)
      if (speed <= CLEARLY * fastest) continue
      fastest = speed
      Object.assign(best, { batch, imagesPerSecond: speed })
    }
    return best
  } finally {
    await images.close()
  }
}

import type { Sampling } from '@shared/contract/measurement'
import type { ImageSet } from '@shared/statistics'
import { trialImages } from '../../perturbations/trial-images'

/** Which images of the evaluation set a trial sees at the places `from` to `to` of its sequence. */
export type Sequence = (trial: number, from: number, to: number) => ImageSet

/** @param images that all trials see, or take theirs from. */
export function sequenceOf({
  sampling,
  seed,
  images
}: {
  readonly sampling: Sampling
  readonly seed: number
  readonly images: number
}): Sequence {
  if (sampling === 'same') return (_, from, to) => ({ start: from, count: to - from })
  const trials = trialImages(seed, images)
  return (trial, from, to) => trials.of(trial, to).subarray(from)
}

/** Whether a trial of images of its own may have so many: 1, 2, 3, 4, 6, 8, 12, 16 …, or all there are. */
export function isStep(images: number, pool: number): boolean {
  if (images === pool || images === 1) return true
  let power = images
  while (power % 2 === 0) power /= 2
  return power === 1 || power === 3
}

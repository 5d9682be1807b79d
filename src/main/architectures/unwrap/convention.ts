/** What the way in which weights are wrapped says about the images that they were trained on. */
import type { Normalization } from '@shared/contract/model'

/** Networks behind a front end that adds noise take its pixels as they are, in [0, 1]. */
const FRONT_END = /^(front_?end|\w*noise\w*|\w*diffus\w+|\w*denois\w+)$/i

/** @param path names of what is around the network: keys of containers and prefixes. */
export function frontEndOf(path: readonly string[]): string | null {
  return path.find((name) => FRONT_END.test(name)) ?? null
}

export const NO_NORMALIZATION: Pick<Normalization, 'mean' | 'std'> = { mean: [0, 0, 0], std: [1, 1, 1] }

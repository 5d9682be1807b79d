import type { HeatmapCell } from '@shared/figures/heatmap/data'

/** A cell of one trial, done. */
export const measuredCell = (mean: number, part: Partial<HeatmapCell> = {}): HeatmapCell => ({
  mean,
  std: null,
  standardError: null,
  degreesOfFreedom: null,
  interval: null,
  components: { trial: null, image: null, rest: null, within: null },
  trials: 1,
  images: 1,
  observations: 1,
  complete: true,
  targetSe: null,
  outcome: null,
  ...part
})

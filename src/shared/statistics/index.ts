export { ADAPTIVE_DEFAULTS, decide, type Decision, type StopReason } from './adaptive'
export { LEAST_TRIALS, seenIn, type AdaptiveOptions, type Round } from './adaptive-outlook'
export { layerAgreement, type LayerAgreement } from './batch-norm-agreement'
export { CellStatistics, type CellSummary, type ImageSet } from './cell'
export { kendall, spearman, type Correlation } from './correlation'
export { interval95, summarise, type CriticalitySummary } from './criticality'
export { mean, populationStd, sampleStd } from './descriptive'
export { bestDesign, paperStandardError, type Design, type KnownComponents } from './designs'
export { holm } from './holm'
export { meanInterval } from './interval'
export { labelOrders, someOrder } from './label-orders'
export {
  betterFinding,
  clearlyBetter,
  disagreement,
  moreCertainFinding,
  ranked,
  type Evidence,
  type TriedReading
} from './load-alternatives'
export { readLogits, relabelled, type LoadReading } from './load-measure'
export { judge, labelsFit, type LoadContext } from './load-verdict'
export {
  accuracyOf,
  comparePredictions,
  PredictionComparison,
  ReferencePredictions,
  type Accuracy,
  type Comparison
} from './predictions'
export { pairedDifference, type PairedDifference, type TrialDistances } from './paired'
export { replay, trialsOf, type AdaptiveState, type StoredTrial, type StoredTrials } from './replay'
export type { ImageRange } from './trial-overlap'
export type { VarianceComponents } from './variance'

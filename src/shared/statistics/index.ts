export { kendall, spearman, type Correlation } from './correlation'
export { interval95, summarise, type CriticalitySummary } from './criticality'
export { mean, populationStd, sampleStd } from './descriptive'
export { accuracyOf, comparePredictions, type Accuracy, type Comparison } from './predictions'

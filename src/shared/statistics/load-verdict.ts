/** What is odd about a network's outputs, and how bad that is. Each bound stands with its reason. */
import type { LoadCheck } from '../contract/loading'
import type { Warning } from '../contract/model'
import { binomialTail } from './exact-tests'
import { countTrue, type LoadReading } from './load-measure'

export type Verdict = LoadCheck['verdict']

/** What the images are, beside the network. */
export interface LoadContext {
  readonly classes: number
  /** One per image; null without labels. */
  readonly labels: readonly number[] | null
  /** Names of the set's classes in label order; empty where there are none. */
  readonly names: readonly string[]
  /** Classes of the whole set, or one more than its largest label; null without labels. */
  readonly setClasses: number | null
}

/** Share of the uniform entropy from which on predictions say nothing: label smoothing and mixup stay below 0.8. */
const UNIFORM = 0.95

/** Statistics of other images of the training's kind differ by about 0.1; wrong pixels shift them by 1 and more. */
const LARGEST_SHIFT = 0.5

/** Of variances, likewise: 1.1 to 1.4 for other images, 3 and more for a wrong scale. */
const LARGEST_RATIO = 2

/** Above chance is what chance reaches in one of a hundred checks at most. */
const SIGNIFICANT = 0.01

/** What chance reaches in one of ten checks is as good as chance; in between it is merely weak. */
const AS_CHANCE = 0.1

export interface Judgement {
  readonly verdict: Verdict
  readonly findings: readonly Warning[]
  /** Whether a wrong order of the labels, too, would explain all that makes the file bad. */
  readonly perhapsLabels: boolean
}

/**
 * Whether labels can be compared with a network's classes. One class more is a background class; labels without
 * names may count from one.
 */
export function labelsFit({ classes, names, setClasses }: LoadContext): boolean {
  if (setClasses === null) return false
  if (names.length > 0) return classes === setClasses || classes === setClasses + 1
  return setClasses <= classes + 1
}

/** Labels of half the classes or less may be those of another task: their accuracy then says nothing. */
function classesDiffer(context: LoadContext): boolean {
  const { classes, setClasses } = context
  return setClasses !== null && (!labelsFit(context) || 2 * setClasses <= classes)
}

/** p-value of the accuracy when the network guesses; null where even a perfect one would not stand out. */
function chanceOf({ correct }: LoadReading, classes: number): number | null {
  if (correct === null || classes < 2) return null
  const powerless = binomialTail(correct.length, correct.length, 1 / classes) > SIGNIFICANT
  return powerless ? null : binomialTail(countTrue(correct), correct.length, 1 / classes)
}

export function aboveChance(reading: LoadReading, classes: number): boolean {
  const p = chanceOf(reading, classes)
  return p !== null && p <= SIGNIFICANT
}

export function judge(reading: LoadReading, context: LoadContext): Judgement {
  const { measure } = reading
  const { classes } = context
  const findings: Warning[] = []
  let verdict: Verdict = 'good'
  let perhapsLabels = true
  const found = (level: Verdict, code: string, message: string, labels = false): void => {
    findings.push({ code, message })
    if (level === 'bad' && !labels) perhapsLabels = false
    if (verdict !== 'bad' && level !== 'good') verdict = level
  }
  const images = reading.predicted.length
  const good = aboveChance(reading, classes)
  if (measure.notFinite > 0) {
    found(
      'bad',
      'outputs-not-finite',
      `${measure.notFinite} of ${images} images give NaN or infinite outputs.`
    )
  }
  if (measure.deadOutputs > 0) {
    const message = `${measure.deadOutputs} of ${classes} outputs are the same for every image.`
    found(2 * measure.deadOutputs >= classes ? 'bad' : 'doubtful', 'outputs-dead', message)
  }
  if (classes > 1 && measure.entropy !== null && measure.entropy > UNIFORM * measure.uniformEntropy) {
    const message = `The predictions are nearly uniform: their entropy is ${measure.entropy.toFixed(2)} of ${measure.uniformEntropy.toFixed(2)} nats.`
    found(good ? 'doubtful' : 'bad', 'predictions-uniform', message)
  }
  const labelKinds = context.labels === null ? null : new Set(context.labels).size
  if (classes > 1 && images > 1 && measure.predictedClasses === 1 && labelKinds !== 1) {
    found('doubtful', 'predictions-one-class', `All ${images} images are predicted as one class.`)
  }
  const chance = chanceOf(reading, classes)
  if (classesDiffer(context) && !good) {
    const message = `The network has ${classes} classes and the images have ${String(context.setClasses)}: top-1 says nothing about the file.`
    found('good', 'classes-differ', message)
  } else if (chance !== null && !good && reading.correct !== null) {
    const message = `Top-1 is ${percent(measure.top1)} (${countTrue(reading.correct)} of ${images}); guessing among ${classes} classes reaches ${percent(1 / classes)}.`
    found(chance > AS_CHANCE ? 'bad' : 'doubtful', 'top1-chance', message, true)
  }
  const norms = measure.batchNorms
  if (norms !== null && (norms.meanShift > LARGEST_SHIFT || norms.varianceRatio > LARGEST_RATIO)) {
    const message =
      `The statistics of the batch norms are not those of the images: means are off by ${norms.meanShift.toFixed(2)} standard deviations, ` +
      `variances by a factor of ${norms.varianceRatio.toFixed(2)} (medians); most in ${norms.worst.layer}, by ${norms.worst.meanShift.toFixed(2)}.`
    found('doubtful', 'batch-norms-disagree', message)
  }
  return { verdict, findings, perhapsLabels }
}

export function percent(fraction: number | null): string {
  return fraction === null ? '–' : `${Math.round(100 * fraction)} %`
}

/** The outcome of a load check in words: numbers on stdout, what is odd on stderr. */
import type { LoadCheck, LoadMeasure } from '@shared/contract/loading'
import { note, print } from './output'

export function showCheck(check: LoadCheck): void {
  const { images, classes, asRead, verdict, alternatives } = check
  const facts = [
    ...(asRead.top1 === null ? [] : [`top-1 ${percent(asRead.top1)}`]),
    `entropy ${shown(asRead.entropy)} of ${shown(asRead.uniformEntropy)} nats`,
    `${asRead.predictedClasses} of ${classes} classes predicted`
  ]
  print(`  on ${images} images: ${facts.join(', ')}: ${verdict}`)
  print(`  outputs: ${asRead.deadOutputs} of ${classes} dead, ${asRead.notFinite} of ${images} not finite`)
  const norms = asRead.batchNorms
  print(
    norms === null
      ? '  batch norms: none to compare'
      : `  batch norms (${norms.layers}): means off by ${shown(norms.meanShift)} standard deviations, variances by ${shown(norms.varianceRatio)} times; most in ${norms.worst.layer}`
  )
  for (const { text, better, measure } of alternatives) {
    print(`  ${better ? 'better' : 'no better'}: ${text}: ${brief(measure)}`)
  }
}

/** @param subject e.g. the file. */
export function noteFindings({ findings }: LoadCheck, subject: string): void {
  for (const { code, message } of findings) note(`${subject}: ${message} [${code}]`)
}

/** The numbers by which readings are compared. */
function brief({ top1, entropy, batchNorms }: LoadMeasure): string {
  const facts = [
    ...(top1 === null ? [] : [`top-1 ${percent(top1)}`]),
    `entropy ${shown(entropy)}`,
    ...(batchNorms === null
      ? []
      : [`batch norms off by ${shown(batchNorms.meanShift)} and ${shown(batchNorms.varianceRatio)} times`])
  ]
  return facts.join(', ')
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`
}

function shown(value: number | null): string {
  return value === null ? '–' : value.toFixed(2)
}

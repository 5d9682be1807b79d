import type { Precision, PrecisionError } from '@shared/contract/measurement'

/** What a lower precision does to a network, for the user: a floor below which criticalities say nothing. */
export function precisionNote(
  model: string,
  precision: Precision,
  { images, cosineDistance, logitDifference, saturated, flushed }: PrecisionError
): string {
  const changed = [
    ...(saturated === 0
      ? []
      : [`${String(saturated)} weights are beyond its largest number and became that`]),
    ...(flushed === 0 ? [] : [`${String(flushed)} weights are so small that they became 0`])
  ]
  return (
    `"${model}" in ${precision}: unperturbed, it differs from float32 by a criticality of ` +
    `${(100 * cosineDistance).toPrecision(2)} % and by up to ${logitDifference.toPrecision(2)} in a logit ` +
    `(${String(images)} images)${changed.length === 0 ? '' : `; ${changed.join(', ')}`}.`
  )
}

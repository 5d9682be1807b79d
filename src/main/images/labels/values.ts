import { LinchpinError } from '@shared/errors'
import { firstOf } from '../cancel'

export interface BoundLabels {
  /** One for each file, in file order. */
  readonly labels: readonly number[]
  /** Names in label order; empty where the labels are numbers. */
  readonly classes: readonly string[]
}

/** Labels above this are a damaged file rather than a class. */
const LABEL_LIMIT = 1_000_000

/** Numbers of a text; those that are none are named. */
export function parseLabels(path: string, values: readonly { where: string; text: string }[]): number[] {
  const wrong = values.filter(({ text }) => !/^\+?\d+$/.test(text) || !isLabel(Number(text)))
  if (wrong.length > 0)
    throw noLabels(
      path,
      wrong.map(({ where, text }) => `${where}: "${text}"`)
    )
  return values.map(({ text }) => Number(text))
}

/** @throws LinchpinError LABELS_INVALID, naming what is no label */
export function checkLabels(path: string, labels: readonly number[]): void {
  const wrong = labels.flatMap((label, index) => (isLabel(label) ? [] : [`label ${index}: ${label}`]))
  if (wrong.length > 0) throw noLabels(path, wrong)
}

function isLabel(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < LABEL_LIMIT
}

function noLabels(path: string, wrong: readonly string[]): LinchpinError {
  return new LinchpinError(
    'LABELS_INVALID',
    `"${path}" has ${wrong.length} labels that are no integers from 0 to ${LABEL_LIMIT - 1}: ` +
      `${wrong[0] ?? ''}.`,
    { fix: 'Number the classes from 0.', details: firstOf(wrong) }
  )
}

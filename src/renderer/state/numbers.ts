export interface NumberRule {
  readonly min: number
  readonly max: number
  /** Not only whole numbers. */
  readonly decimal?: boolean
  /** May be left empty. */
  readonly optional?: boolean
}

/** The number that a text is; null where it is none, or breaks the rule. */
export function numberIn(text: string, { min, max, decimal = false }: NumberRule): number | null {
  const trimmed = text.trim()
  const value = Number(trimmed)
  if (trimmed === '' || !Number.isFinite(value) || (!decimal && !Number.isInteger(value))) return null
  return value >= min && value <= max ? value : null
}

/** The whole number that a text is, within bounds; null where it is none. */
export const wholeNumber = (text: string, min: number, max: number): number | null =>
  numberIn(text, { min, max })

/** What is wrong with a text that should be a number, as a sentence; null: nothing. */
export function numberProblem(text: string, rule: NumberRule): string | null {
  if (text.trim() === '' && rule.optional === true) return null
  if (numberIn(text, rule) !== null) return null
  const { min, max, decimal = false } = rule
  const bounds = [min, max].map((bound) => bound.toLocaleString('en-US', { maximumFractionDigits: 6 }))
  return `${decimal ? 'A number' : 'A whole number'} from ${bounds.join(' to ')}.`
}

/** The whole number that a text is, within bounds; null where it is none. */
export function wholeNumber(text: string, min: number, max: number): number | null {
  const trimmed = text.trim()
  const value = Number(trimmed)
  return trimmed !== '' && Number.isInteger(value) && value >= min && value <= max ? value : null
}

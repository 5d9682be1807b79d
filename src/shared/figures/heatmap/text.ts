/** Width in pixels of a text at a font size. The screen measures with its font; elsewhere `estimateWidth` does. */
export type MeasureText = (text: string, size: number) => number

const NARROW = /[iljtf.,:;'|!()[\] ]/
const WIDE = /[mwMW%@]/

/** An estimate for proportional sans-serif fonts, rather too wide than too narrow. */
export const estimateWidth: MeasureText = (text, size) => {
  let em = 0
  for (const letter of text) em += NARROW.test(letter) ? 0.34 : WIDE.test(letter) ? 0.92 : 0.6
  return em * size
}

/** The text, or as much of its start as fits before an ellipsis. */
export function fitText(text: string, width: number, size: number, measure: MeasureText): string {
  if (measure(text, size) <= width) return text
  let end = text.length - 1
  while (end > 1 && measure(`${text.slice(0, end).trimEnd()}…`, size) > width) end -= 1
  return `${text.slice(0, end).trimEnd()}…`
}

/** `0.482` → `48`; one decimal place below 10 %, where whole numbers would hide differences. */
export function percentNumber(fraction: number): string {
  const percent = fraction * 100
  return Math.abs(percent) < 9.95 && percent !== 0 ? percent.toFixed(1) : percent.toFixed(0)
}

/** Accuracy as it stands in row labels: a fraction up to 1 becomes percent. */
export function accuracyText(accuracy: number | null): string {
  if (accuracy === null) return ''
  const percent = Math.abs(accuracy) <= 1 ? accuracy * 100 : accuracy
  return `${percent.toFixed(1)} %`
}

/** The layer's name without its stage, which stands at the bracket. */
export function columnLabel(layer: { readonly name: string; readonly stage: string | null }): string {
  const prefix = layer.stage === null ? '' : `${layer.stage}.`
  return prefix !== '' && layer.name.startsWith(prefix) ? layer.name.slice(prefix.length) : layer.name
}

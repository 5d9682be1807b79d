import type { MeasureText } from '@shared/figures/heatmap/text'

/** Measures with the browser's fonts. Widths are kept: a chart asks for the same few hundred texts every frame. */
export function canvasMeasure(font: string): MeasureText {
  const context = document.createElement('canvas').getContext('2d')
  const widths = new Map<string, number>()
  return (text, size) => {
    const key = `${size} ${text}`
    const known = widths.get(key)
    if (known !== undefined) return known
    if (context === null) return text.length * size * 0.6
    context.font = `${size}px ${font}`
    const { width } = context.measureText(text)
    widths.set(key, width)
    return width
  }
}

/**
 * Colours of the figures.
 *
 * Viridis: S. van der Walt and N. Smith, 2015, released under CC0; every 17th of matplotlib's 256 colours, from
 * dark to light. Categories: M. Okabe and K. Ito, "Color Universal Design", 2008.
 */
type Rgb = readonly [number, number, number]

const VIRIDIS: readonly Rgb[] = [
  [0x44, 0x01, 0x54],
  [0x48, 0x1a, 0x6c],
  [0x47, 0x2f, 0x7d],
  [0x41, 0x44, 0x87],
  [0x39, 0x56, 0x8c],
  [0x31, 0x68, 0x8e],
  [0x2a, 0x78, 0x8e],
  [0x23, 0x88, 0x8e],
  [0x1f, 0x98, 0x8b],
  [0x22, 0xa8, 0x84],
  [0x35, 0xb7, 0x79],
  [0x54, 0xc5, 0x68],
  [0x7a, 0xd1, 0x51],
  [0xa5, 0xdb, 0x36],
  [0xd2, 0xe2, 0x1b],
  [0xfd, 0xe7, 0x25]
]

function mix(low: number, high: number, weight: number): number {
  return Math.round(low + (high - low) * weight)
}

function criticalityRgb(value: number): Rgb {
  const position = (1 - Math.min(1, Math.max(0, value))) * (VIRIDIS.length - 1)
  const index = Math.floor(position)
  const low = VIRIDIS[index] ?? [0, 0, 0]
  const high = VIRIDIS[index + 1] ?? low
  const weight = position - index
  return [mix(low[0], high[0], weight), mix(low[1], high[1], weight), mix(low[2], high[2], weight)]
}

const rgb = ([red, green, blue]: Rgb): string => `rgb(${red},${green},${blue})`

/** Reversed viridis: 1 (100 %) is the darkest colour, 0 the lightest; values outside are clamped. */
export function criticalityColor(value: number): string {
  return rgb(criticalityRgb(value))
}

/** Relative luminance of an sRGB colour (WCAG 2.2). */
function luminance(color: Rgb): number {
  const linear = color.map((channel) => {
    const s = channel / 255
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4
  })
  const [red = 0, green = 0, blue = 0] = linear
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** Black or white, whichever has the higher contrast on the colour of `value`. */
export function criticalityTextColor(value: number): string {
  const base = luminance(criticalityRgb(value))
  return (base + 0.05) ** 2 > 0.05 * 1.05 ? '#000000' : '#ffffff'
}

/** Strokes over the colour of `value`: {@link criticalityTextColor}, half transparent. */
export function criticalityHatchColor(value: number): string {
  return criticalityTextColor(value) === '#000000' ? 'rgba(0,0,0,0.35)' : 'rgba(255,255,255,0.4)'
}

/** Stops for a gradient from 0 (light) to 1 (dark). */
export function criticalityStops(): { offset: number; color: string }[] {
  const last = VIRIDIS.length - 1
  return VIRIDIS.map((_, index) => ({ offset: index / last, color: criticalityColor(index / last) }))
}

/** The categories of the published figure, in its order. Others follow by name. */
export const KNOWN_CATEGORIES = [
  'baseline',
  'adversarial',
  'augmentation',
  'self-supervised',
  'improved'
] as const

const KNOWN_COLORS: Readonly<Record<string, string>> = {
  baseline: '#7f868f',
  adversarial: '#d55e00',
  augmentation: '#0072b2',
  'self-supervised': '#009e73',
  improved: '#cc79a7'
}
const FURTHER_COLORS = ['#e69f00', '#56b4e9', '#b8a800'] as const

/** Known categories first, in their order, then the others by name. */
export function orderCategories(categories: Iterable<string>): string[] {
  const known: readonly string[] = KNOWN_CATEGORIES
  const rank = (category: string): number => {
    const index = known.indexOf(category.toLowerCase())
    return index < 0 ? known.length : index
  }
  return [...new Set(categories)].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b, 'en'))
}

/** A colour for each category; unknown ones take further colours in order. A label always stands beside it. */
export function categoryColors(categories: Iterable<string>): Map<string, string> {
  const colors = new Map<string, string>()
  let further = 0
  for (const category of orderCategories(categories)) {
    const known = KNOWN_COLORS[category.toLowerCase()]
    colors.set(category, known ?? FURTHER_COLORS[further++ % FURTHER_COLORS.length] ?? '#7f868f')
  }
  return colors
}

/** What a figure needs to know of its surroundings. */
export interface FigureTheme {
  readonly font: string
  readonly text: string
  readonly muted: string
  readonly line: string
  readonly background: string
  /** Ground and strokes of a cell that is not measured yet. */
  readonly hatchGround: string
  readonly hatch: string
  readonly bar: string
}

const FONT =
  "-apple-system, 'Segoe UI', Roboto, Cantarell, Ubuntu, 'Noto Sans', 'Liberation Sans', sans-serif"

export const LIGHT_FIGURE: FigureTheme = {
  font: FONT,
  text: '#1d2126',
  muted: '#5b636e',
  line: '#c9ced6',
  background: '#ffffff',
  hatchGround: '#f4f5f7',
  hatch: '#b4bac3',
  bar: '#8d96a3'
}

export const DARK_FIGURE: FigureTheme = {
  font: FONT,
  text: '#e4e7eb',
  muted: '#9ba4b0',
  line: '#3b424c',
  background: '#15181c',
  hatchGround: '#1d2127',
  hatch: '#4a525d',
  bar: '#77818f'
}

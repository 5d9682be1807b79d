/** Numbers as the interface shows them, each with its unit. */
const integers = new Intl.NumberFormat('en-US')

/** `10,000` */
export const count = (value: number): string => integers.format(value)

/** `1 model`, `2 models` */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

const ordinals = new Intl.PluralRules('en-US', { type: 'ordinal' })
const SUFFIXES: Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> = { one: 'st', two: 'nd', few: 'rd' }

/** `2nd` */
export const ordinal = (value: number): string => `${count(value)}${SUFFIXES[ordinals.select(value)] ?? 'th'}`

/** A fraction as percent. */
export function percent(fraction: number | null | undefined, digits = 1): string {
  return fraction === null || fraction === undefined ? '–' : `${(fraction * 100).toFixed(digits)} %`
}

/** A difference of two fractions, in percentage points. */
export function points(fraction: number | null | undefined, digits = 1): string {
  return fraction === null || fraction === undefined ? '–' : `${(fraction * 100).toFixed(digits)} points`
}

/** `25.6 M`, `1.8 G`: for parameters and multiply–accumulates. */
export function large(value: number | null): string {
  if (value === null) return 'unknown'
  for (const [unit, size] of [
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e3]
  ] as const) {
    if (value >= size) return `${(value / size).toPrecision(3)} ${unit}`
  }
  return String(value)
}

export function bytes(value: number): string {
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3]
  ] as const) {
    if (value >= size) return `${(value / size).toPrecision(3)} ${unit}`
  }
  return plural(value, 'byte')
}

/** `3 h 20 min`, `12 min`, `45 s` */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  const minutes = Math.round(whole / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return `${hours} h ${minutes % 60} min`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

export function rate(imagesPerSecond: number): string {
  const digits = imagesPerSecond >= 100 ? 0 : 1
  return `${integers.format(Number(imagesPerSecond.toFixed(digits)))} images/s`
}

const dates = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

export function dateTime(iso: string): string {
  const date = new Date(iso)
  return Number.isNaN(date.getTime()) ? iso : dates.format(date)
}

/** The last segment of a path of either kind. */
export function baseName(path: string): string {
  return path.split(/[\\/]/).findLast((segment) => segment !== '') ?? path
}

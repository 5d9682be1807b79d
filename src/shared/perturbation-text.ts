/** Perturbations as the user writes them: `noise:0.1`, `interpolate:base.pth:0.5`. */
import { LinchpinError } from './errors'

export type PerturbationText =
  | { readonly kind: 'randomize' | 'zero' | 'shuffle' }
  /** `scale`: of the noise, in standard deviations of the tensor's values. */
  | { readonly kind: 'noise'; readonly scale: number }
  | { readonly kind: 'reinit'; readonly path: string }
  /** `path` null: towards freshly drawn parameters. `alpha` 0: as trained. */
  | { readonly kind: 'interpolate'; readonly path: string | null; readonly alpha: number }

/** What may be written, for help texts. */
export const PERTURBATION_FORMS = [
  'randomize',
  'zero',
  'shuffle',
  'noise:S',
  'reinit:FILE',
  'interpolate:FILE:A',
  'interpolate:random:A'
] as const

/**
 * The α of `interpolate` follows the last colon, so that FILE may have colons itself. A file named `random` is written
 * `./random`.
 * @throws OPTION_INVALID.
 */
export function parsePerturbation(text: string): PerturbationText {
  const colon = text.indexOf(':')
  const kind = colon < 0 ? text : text.slice(0, colon)
  const rest = colon < 0 ? null : text.slice(colon + 1)
  switch (kind) {
    case 'randomize':
    case 'zero':
    case 'shuffle':
      if (rest === null) return { kind }
      throw invalid(text, `"${kind}" takes nothing behind it`, kind)
    case 'noise':
      return { kind, scale: noiseScale(rest, text) }
    case 'reinit':
      if (rest === null || rest === '') throw invalid(text, 'no file is named', 'reinit:FILE')
      return { kind, path: rest }
    case 'interpolate':
      return { kind, ...towards(rest ?? '', text) }
    default:
      throw new LinchpinError('OPTION_INVALID', `The perturbation is "${text}"; expected ${FORMS}.`)
  }
}

const FORMS = `${PERTURBATION_FORMS.slice(0, -1).join(', ')} or ${PERTURBATION_FORMS.at(-1) ?? ''}`

function noiseScale(rest: string | null, text: string): number {
  if (rest === null || rest === '') throw invalid(text, 'no scale is given', 'noise:S')
  const scale = numberIn(rest)
  if (scale !== null) return scale
  throw invalid(text, `S is "${rest}"`, 'noise:S with a number S from 0 on, in standard deviations')
}

function towards(rest: string, text: string): { readonly path: string | null; readonly alpha: number } {
  const colon = rest.lastIndexOf(':')
  const expected = 'interpolate:FILE:A or interpolate:random:A with A from 0 to 1'
  const last = rest.slice(colon + 1)
  const alpha = numberIn(last)
  if (colon < 0) {
    throw invalid(text, alpha === null ? 'no A is given' : 'neither a file nor "random" is named', expected)
  }
  if (alpha === null || alpha > 1) throw invalid(text, `A is "${last}"`, expected)
  const target = rest.slice(0, colon)
  if (target === '') throw invalid(text, 'neither a file nor "random" is named', expected)
  return { path: target === 'random' ? null : target, alpha }
}

/** A finite number without a sign, else null. */
function numberIn(text: string): number | null {
  if (!/^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return null
  const value = Number(text)
  return Number.isFinite(value) ? value : null
}

function invalid(text: string, found: string, expected: string): LinchpinError {
  return new LinchpinError('OPTION_INVALID', `The perturbation is "${text}": ${found}; expected ${expected}.`)
}

/**
 * Back to text, numbers in their shortest form: `noise:0.10` and `noise:.1` are one perturbation.
 * @param written how the file is given; as it was, unless told otherwise.
 */
export function perturbationText(
  perturbation: PerturbationText,
  written: (path: string) => string = (path) => path
): string {
  switch (perturbation.kind) {
    case 'noise':
      return `noise:${String(perturbation.scale)}`
    case 'reinit':
      return `reinit:${written(perturbation.path)}`
    case 'interpolate': {
      const { path, alpha } = perturbation
      return `interpolate:${path === null ? 'random' : written(path)}:${String(alpha)}`
    }
    default:
      return perturbation.kind
  }
}

/** The name that results are stored under: a file by its base name, e.g. `interpolate:base.pth:0.5`. */
export function perturbationName(perturbation: PerturbationText): string {
  return perturbationText(perturbation, (path) => {
    const [name = path] = /[^/\\]*$/.exec(path.replace(/[/\\]+$/, '')) ?? []
    return name === 'random' && perturbation.kind === 'interpolate' ? './random' : name
  })
}

/** The second checkpoint that it needs; null: none. */
export function perturbationFile(perturbation: PerturbationText): string | null {
  return 'path' in perturbation ? perturbation.path : null
}

/** Whether trials differ; without random numbers there is one trial, and the seed changes nothing. */
export function isRandom(perturbation: PerturbationText): boolean {
  const { kind } = perturbation
  return kind === 'shuffle' || kind === 'noise' || usesScheme(perturbation)
}

/** Whether it depends on how fresh parameters are drawn. */
export function usesScheme(perturbation: PerturbationText): boolean {
  const { kind } = perturbation
  return kind === 'randomize' || (kind === 'interpolate' && perturbation.path === null)
}

/** Which of a file's networks is read, and why. */
import type { Warning } from '@shared/contract/model'
import { LinchpinError } from '@shared/errors'
import { isBetter, sameShape } from '../reading'
import { shorten } from '../text'
import type { Found } from './networks'

export interface Choice {
  readonly found: Found
  /** Prefixes of the networks that are complete, when there are several. */
  readonly choices: readonly string[]
  readonly warnings: readonly Warning[]
}

/** Networks inside an attack: copies of the one that is attacked. */
const ATTACKER = /^attack(er)?$/
/** Networks that follow another one and serve its training alone, as in MoCo and BYOL. */
const FOLLOWER = /^((\w+_)?encoder_k|key_\w+|momentum_(?!teacher)\w+|target(_\w+)?|\w+_(target|momentum))$/
/** Moving averages that are what is evaluated. */
const AVERAGED = /^((\w+_)?teacher|(\w+_)?ema(_\w+)?|swa_model|averaged?_model)$/

const REASONS = {
  attacked: 'a network inside an attacker is a copy',
  averaged: 'it holds averaged weights',
  leading: 'a network that follows another by a moving average serves training alone',
  headed: 'it has a classifier',
  other: 'it comes first'
} as const

interface Candidate extends Found {
  readonly averaged: boolean
  readonly rank: number
}

/**
 * @param wanted a prefix that the user chose.
 * @returns null when no network was found at all.
 * @throws OPTION_INVALID when none lies below the chosen prefix.
 */
export function chooseNetwork(all: readonly Found[], wanted: string | undefined): Choice | null {
  const complete = all.filter(({ reading }) => reading.fit.problems === 0)
  const several = complete.length > 1 ? complete.map(({ prefix }) => prefix) : []
  const chosen = wanted === undefined ? all : belowPrefix(all, wanted)
  const candidates = chosen.filter(({ reading }) => reading.fit.problems === 0)
  if (candidates.length === 0) {
    const [first, ...rest] = chosen
    if (first === undefined) return null
    const found = rest.reduce((best, next) => (isBetter(next.reading, best.reading) ? next : best), first)
    return { found, choices: several, warnings: [] }
  }
  const ranked = rankedOf(candidates)
  const [first, second] = ranked
  if (first === undefined) return null
  const exact = ranked.find(({ prefix }) => prefix === wanted)
  if (exact !== undefined || second === undefined) {
    return { found: exact ?? first, choices: several, warnings: [] }
  }
  const message = `Networks lie below ${shorten(ranked.map(quoted))}. The one below ${quoted(first)} is read: ${REASONS[reasonFor(first, second)]}. Its prefix chooses another.`
  return { found: first, choices: several, warnings: [{ code: 'several-networks', message }] }
}

function belowPrefix(all: readonly Found[], wanted: string): readonly Found[] {
  const prefix = wanted === '' || wanted.endsWith('.') ? wanted : `${wanted}.`
  const below = all.filter((found) => found.prefix.startsWith(prefix))
  if (below.length > 0) return below
  const known = all.length === 0 ? 'none was found' : `networks lie below ${shorten(all.map(quoted))}`
  throw new LinchpinError('OPTION_INVALID', `No network lies below the prefix "${prefix}"; ${known}.`, {
    fix: 'Choose one of these prefixes, or leave the prefix out.',
    details: all.map((found) => found.prefix)
  })
}

function quoted({ prefix }: Found): string {
  return prefix === '' ? 'no prefix' : `"${prefix}"`
}

/** The preferred first; of equals the one that comes first. */
function rankedOf(candidates: readonly Found[]): readonly Candidate[] {
  return candidates
    .map((found): Candidate => {
      const segments = found.prefix.split('.')
      const has = (pattern: RegExp): boolean => segments.some((segment) => pattern.test(segment))
      const others = candidates.filter((other) => other !== found)
      // A teacher of another shape taught by its outputs: it is no average of the student.
      const averaged = has(AVERAGED) && others.some((other) => sameTargets(found, other))
      const apart = has(ATTACKER) ? 3 : has(FOLLOWER) || (has(AVERAGED) && !averaged) ? 2 : 0
      return { ...found, averaged, rank: averaged && apart === 0 ? -1 : apart }
    })
    .sort(
      (a, b) =>
        Number(a.reading.fit.headless) - Number(b.reading.fit.headless) ||
        a.rank - b.rank ||
        a.prefix.split('.').length - b.prefix.split('.').length
    )
}

function reasonFor(first: Candidate, second: Candidate): keyof typeof REASONS {
  if (first.reading.fit.headless !== second.reading.fit.headless) return 'headed'
  if (first.averaged && !second.averaged) return 'averaged'
  if (second.rank > first.rank) return second.rank === 3 ? 'attacked' : 'leading'
  return 'other'
}

function sameTargets(a: Found, b: Found): boolean {
  const targets = b.reading.recognition.targets
  return [...a.reading.recognition.targets].every(([name, shape]) =>
    sameShape(targets.get(name) ?? [], shape)
  )
}

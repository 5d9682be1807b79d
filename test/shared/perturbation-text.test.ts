import { describe, expect, it } from 'vitest'
import {
  isRandom,
  parsePerturbation,
  perturbationFile,
  perturbationName,
  perturbationText,
  usesScheme
} from '@shared/perturbation-text'
import { expectProblem } from '../support/problems'

const RANDOM = { path: null }

// [text, what it means, stored name, file, differs by trial, depends on the scheme]
const FORMS = [
  ['randomize', { kind: 'randomize' }, 'randomize', null, true, true],
  ['zero', { kind: 'zero' }, 'zero', null, false, false],
  ['shuffle', { kind: 'shuffle' }, 'shuffle', null, true, false],
  ['noise:0.10', { kind: 'noise', scale: 0.1 }, 'noise:0.1', null, true, false],
  ['noise:.1', { kind: 'noise', scale: 0.1 }, 'noise:0.1', null, true, false],
  ['noise:1e-1', { kind: 'noise', scale: 0.1 }, 'noise:0.1', null, true, false],
  ['noise:0', { kind: 'noise', scale: 0 }, 'noise:0', null, true, false],
  ['noise:2.', { kind: 'noise', scale: 2 }, 'noise:2', null, true, false],
  ['reinit:a/b.pth', { kind: 'reinit', path: 'a/b.pth' }, 'reinit:b.pth', 'a/b.pth', false, false],
  [
    'reinit:C:\\m\\b.pth',
    { kind: 'reinit', path: 'C:\\m\\b.pth' },
    'reinit:b.pth',
    'C:\\m\\b.pth',
    false,
    false
  ],
  ['reinit:folder/', { kind: 'reinit', path: 'folder/' }, 'reinit:folder', 'folder/', false, false],
  [
    'interpolate:/m/base.pth:0.50',
    { kind: 'interpolate', path: '/m/base.pth', alpha: 0.5 },
    'interpolate:base.pth:0.5',
    '/m/base.pth',
    false,
    false
  ],
  [
    'interpolate:C:\\x.pth:1',
    { kind: 'interpolate', path: 'C:\\x.pth', alpha: 1 },
    'interpolate:x.pth:1',
    'C:\\x.pth',
    false,
    false
  ],
  [
    'interpolate:random:0',
    { kind: 'interpolate', ...RANDOM, alpha: 0 },
    'interpolate:random:0',
    null,
    true,
    true
  ],
  [
    'interpolate:./random:0',
    { kind: 'interpolate', path: './random', alpha: 0 },
    'interpolate:./random:0',
    './random',
    false,
    false
  ]
] as const

describe.each(FORMS)('%s', (text, meaning, name, file, random, scheme) => {
  it('is read, named and told apart', () => {
    const parsed = parsePerturbation(text)
    expect(parsed).toEqual(meaning)
    expect(perturbationName(parsed)).toBe(name)
    expect(perturbationFile(parsed)).toBe(file)
    expect(isRandom(parsed)).toBe(random)
    expect(usesScheme(parsed)).toBe(scheme)
    expect(parsePerturbation(perturbationText(parsed))).toEqual(parsed)
  })
})

it('is written with another path', () => {
  const parsed = parsePerturbation('interpolate:x.pth:.25')
  expect(perturbationText(parsed, (path) => `/here/${path}`)).toBe('interpolate:/here/x.pth:0.25')
})

it.each([
  [
    '',
    'The perturbation is ""; expected randomize, zero, shuffle, noise:S, reinit:FILE, interpolate:FILE:A or interpolate:random:A.'
  ],
  ['Zero', 'The perturbation is "Zero"; expected randomize, zero,'],
  ['zero:1', '"zero" takes nothing behind it; expected zero.'],
  ['noise', 'no scale is given; expected noise:S.'],
  ['noise:', 'no scale is given; expected noise:S.'],
  ['noise:-1', 'S is "-1"; expected noise:S with a number S from 0 on'],
  ['noise:1e999', 'S is "1e999"'],
  ['noise:NaN', 'S is "NaN"'],
  ['noise:0x1', 'S is "0x1"'],
  ['noise: 1', 'S is " 1"'],
  ['reinit', 'no file is named; expected reinit:FILE.'],
  ['reinit:', 'no file is named; expected reinit:FILE.'],
  ['interpolate', 'no A is given; expected interpolate:FILE:A or interpolate:random:A with A from 0 to 1.'],
  ['interpolate:x.pth', 'no A is given'],
  ['interpolate:random', 'no A is given'],
  ['interpolate:0.5', 'neither a file nor "random" is named'],
  ['interpolate::0.5', 'neither a file nor "random" is named'],
  ['interpolate:x.pth:', 'A is ""'],
  ['interpolate:x.pth:1.5', 'A is "1.5"'],
  ['interpolate:x.pth:-0.5', 'A is "-0.5"'],
  ['interpolate:C:\\x.pth', 'A is "\\x.pth"']
])('%j is refused', async (text, message) => {
  await expectProblem(() => parsePerturbation(text), 'OPTION_INVALID', message)
})

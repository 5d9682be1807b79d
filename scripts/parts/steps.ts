/** What `npm test` runs, in order. */
import { type Counts, checkCounts, playwrightCounts, runnerCounts, vitestCounts } from './counts.ts'
import type { PlaywrightReport, VitestReport } from './counts.ts'

export interface Step {
  readonly name: string
  /** Each a script for Node and its arguments; the step fails at the first that fails. */
  readonly commands: readonly (readonly string[])[]
  /** The runner's JSON report, relative to the project. */
  readonly report?: string
  readonly count: (exitCode: number, report: unknown) => Counts
  /** Steps without whose success this one cannot run. */
  readonly needs: readonly string[]
}

const check = (name: string, ...commands: readonly (readonly string[])[]): Step => ({
  name,
  commands,
  count: checkCounts,
  needs: []
})

const tsc = (project: string): string[] => [
  'node_modules/typescript/bin/tsc',
  '-p',
  `tsconfig.${project}.json`
]

export const steps: readonly Step[] = [
  check('format', ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.']),
  check('lint', ['node_modules/eslint/bin/eslint.js', '.']),
  check('imports', [
    'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs',
    '--output-type',
    'err-long',
    'src',
    'scripts',
    'test',
    'bin'
  ]),
  check('types', tsc('shared'), tsc('main'), tsc('preload'), tsc('e2e'), [
    'node_modules/vue-tsc/bin/vue-tsc.js',
    '-p',
    'tsconfig.renderer.json'
  ]),
  check('unused', ['node_modules/knip/bin/knip.js']),
  check('build', ['scripts/build.ts']),
  check('browser', ['scripts/browser.ts']),
  {
    name: 'unit',
    commands: [['node_modules/vitest/vitest.mjs', 'run']],
    report: 'test-results/unit.json',
    count: (exitCode, report) =>
      runnerCounts(exitCode, report === undefined ? undefined : vitestCounts(report as VitestReport)),
    needs: ['build']
  },
  {
    name: 'e2e',
    commands: [['node_modules/@playwright/test/cli.js', 'test']],
    report: 'test-results/e2e.json',
    count: (exitCode, report) =>
      runnerCounts(exitCode, report === undefined ? undefined : playwrightCounts(report as PlaywrightReport)),
    needs: ['build', 'browser']
  }
]

const groups: Readonly<Record<string, readonly string[]>> = {
  checks: ['format', 'lint', 'imports', 'types', 'unused']
}

/** The steps that `--only a,b` names and those they need; all without it. Throws on a name that is none. */
export function chooseSteps(words: readonly string[]): readonly Step[] {
  if (words.length === 0) return steps
  const list = words[0] === '--only' ? words.slice(1) : words
  const names = list.flatMap((word) => word.split(',')).flatMap((name) => groups[name] ?? [name])
  const known = steps.map((step) => step.name)
  const unknown = names.find((name) => !known.includes(name))
  if (names.length === 0 || unknown !== undefined) {
    throw new Error(
      `There is no step ${unknown ?? ''}. The steps: ${known.join(', ')}; checks is the first five.`
    )
  }
  const needed = steps.filter((step) => names.includes(step.name)).flatMap((step) => step.needs)
  return steps.filter((step) => names.includes(step.name) || needed.includes(step.name))
}

import { describe, expect, test } from 'vitest'
import {
  add,
  checkCounts,
  countsLine,
  noTests,
  playwrightCounts,
  runnerCounts,
  vitestCounts
} from '../../scripts/parts/counts.ts'
import { chooseSteps, steps } from '../../scripts/parts/steps.ts'

const names = (words: readonly string[]): string[] => chooseSteps(words).map((step) => step.name)

describe('the counts of npm test', () => {
  test('a check is one test', () => {
    expect(checkCounts(0)).toEqual({ passed: 1, failed: 0, skipped: 0 })
    expect(checkCounts(2)).toEqual({ passed: 0, failed: 1, skipped: 0 })
  })

  test('a file that vitest could not load is one failure', () => {
    const report = {
      numPassedTests: 5,
      numFailedTests: 1,
      numPendingTests: 2,
      numTodoTests: 1,
      testResults: [
        { status: 'passed', assertionResults: [1, 2] },
        { status: 'failed', assertionResults: [1] },
        { status: 'failed', assertionResults: [] }
      ]
    }
    expect(vitestCounts(report)).toEqual({ passed: 5, failed: 2, skipped: 3 })
  })

  test('a flaky test and an error outside of any test are failures', () => {
    const stats = { expected: 3, unexpected: 1, flaky: 1, skipped: 2 }
    expect(playwrightCounts({ stats, errors: ['a'] })).toEqual({ passed: 3, failed: 3, skipped: 2 })
  })

  test('a runner that fails, reports nothing or runs nothing is one failure', () => {
    const passed = { passed: 4, failed: 0, skipped: 0 }
    expect(runnerCounts(0, passed)).toEqual(passed)
    expect(runnerCounts(1, passed)).toEqual({ passed: 4, failed: 1, skipped: 0 })
    expect(runnerCounts(1, { passed: 4, failed: 2, skipped: 0 })).toEqual({
      passed: 4,
      failed: 2,
      skipped: 0
    })
    expect(runnerCounts(0, undefined).failed).toBe(1)
    expect(runnerCounts(0, noTests).failed).toBe(1)
  })

  test('add up to the last line', () => {
    const total = [checkCounts(0), checkCounts(1), { passed: 10, failed: 0, skipped: 3 }].reduce(add, noTests)
    expect(countsLine(total)).toBe('11 passed, 1 failed, 3 skipped')
  })
})

describe('the steps of npm test', () => {
  test('are all of them by default', () => {
    expect(chooseSteps([])).toEqual(steps)
  })

  test('can be named, and bring what they need', () => {
    expect(names(['--only', 'lint,types'])).toEqual(['lint', 'types'])
    expect(names(['--only', 'e2e'])).toEqual(['build', 'browser', 'e2e'])
    expect(names(['unit'])).toEqual(['build', 'unit'])
    expect(names(['checks'])).toEqual(['format', 'lint', 'imports', 'types', 'unused'])
  })

  test('must exist', () => {
    expect(() => chooseSteps(['--only', 'lint,tipes'])).toThrow(
      'There is no step tipes. The steps: format, lint'
    )
    expect(() => chooseSteps(['--only'])).toThrow('There is no step')
  })
})

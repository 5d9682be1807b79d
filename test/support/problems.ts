import { expect } from 'vitest'
import { toProblem, type ErrorCode, type Problem } from '@shared/errors'

/** What the user would read of a failure; the test fails when there is none. */
export async function problemOf(work: Promise<unknown> | (() => unknown)): Promise<Problem> {
  try {
    await (typeof work === 'function' ? work() : work)
  } catch (error) {
    return toProblem(error)
  }
  throw new Error('it did not fail')
}

/** Fails with this code, in a message that quotes all of these. */
export async function expectProblem(
  work: Promise<unknown> | (() => unknown),
  code: ErrorCode,
  ...quoted: string[]
): Promise<Problem> {
  const problem = await problemOf(work)
  expect(problem.code, problem.message).toBe(code)
  for (const text of quoted) expect(problem.message).toContain(text)
  return problem
}

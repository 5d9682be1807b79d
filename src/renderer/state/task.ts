import { shallowRef } from 'vue'
import { toProblem, type Problem } from '@shared/errors'

/** One piece of work at a time: whether it runs, and why the last one failed. It always ends in one of both. */
export class Task {
  readonly running = shallowRef(false)
  readonly problem = shallowRef<Problem | null>(null)

  /** Resolves to undefined where the work failed. A cancellation is no problem. */
  async run<T>(work: () => Promise<T>): Promise<T | undefined> {
    this.running.value = true
    this.problem.value = null
    try {
      return await work()
    } catch (error) {
      const problem = toProblem(error)
      if (problem.code !== 'CANCELLED') this.problem.value = problem
      return undefined
    } finally {
      this.running.value = false
    }
  }

  clear(): void {
    this.problem.value = null
  }
}

import { shallowRef } from 'vue'
import type { LinchpinClient } from '@shared/contract'
import type { MeasurementSpec, Plan } from '@shared/contract/measurement'
import { toProblem, type Problem } from '@shared/errors'

const WAIT_MS = 250

/** The plan of what stands in the measure sheet, asked for when the typing rests. The last question wins. */
export class MeasurePlan {
  readonly plan = shallowRef<Plan | null>(null)
  readonly problem = shallowRef<Problem | null>(null)
  readonly estimating = shallowRef(false)
  private readonly client: LinchpinClient
  private readonly study: string
  private question = new AbortController()
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(client: LinchpinClient, study: string) {
    this.client = client
    this.study = study
  }

  follow(spec: MeasurementSpec | null): void {
    this.stop()
    if (spec === null) this.plan.value = null
    else this.timer = setTimeout(() => void this.ask(spec, false), WAIT_MS)
  }

  stop(): void {
    clearTimeout(this.timer)
    this.question.abort()
    this.estimating.value = false
  }

  /** Runs a short trial on this machine, which takes seconds. */
  async estimate(spec: MeasurementSpec): Promise<void> {
    this.stop()
    this.estimating.value = true
    await this.ask(spec, true)
  }

  private async ask(spec: MeasurementSpec, estimate: boolean): Promise<void> {
    const question = new AbortController()
    this.question = question
    try {
      const options = { signal: question.signal }
      const plan = await this.client.measurement.plan({ study: this.study, spec, estimate }, options)
      if (question.signal.aborted) return
      this.plan.value = plan
      this.problem.value = null
    } catch (error) {
      if (question.signal.aborted) return
      this.plan.value = null
      this.problem.value = toProblem(error)
    }
    this.estimating.value = false
  }
}

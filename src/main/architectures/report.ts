import type { Inspection } from '@shared/contract/model'

/** Collects what is known of a file so far: a bad one still shows how far it was understood. */
export class Report {
  #inspection: Inspection

  constructor(file: string) {
    this.#inspection = emptyInspection(file)
  }

  get inspection(): Inspection {
    return this.#inspection
  }

  update(part: Partial<Inspection>): void {
    this.#inspection = { ...this.#inspection, ...part }
  }

  step(...steps: Inspection['steps']): void {
    this.update({ steps: [...this.#inspection.steps, ...steps] })
  }

  warn(...warnings: Inspection['warnings']): void {
    this.update({ warnings: [...this.#inspection.warnings, ...warnings] })
  }
}

function emptyInspection(file: string): Inspection {
  return {
    file,
    format: null,
    container: null,
    architecture: null,
    family: null,
    architectureChoices: [],
    unwrapped: [],
    prefixes: [],
    steps: [],
    stateDicts: [],
    prefixChoices: [],
    parameters: 0,
    tensors: 0,
    matched: 0,
    missing: [],
    unexpected: [],
    ignored: [],
    normalization: null,
    preprocessing: null,
    heads: null,
    classes: null,
    inputShape: [],
    outputs: [],
    head: null,
    reading: {},
    layers: [],
    warnings: []
  }
}

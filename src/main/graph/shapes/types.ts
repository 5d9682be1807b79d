/** What is known of a graph's values. */
export type Shape = readonly number[]

/** What is known of values so far. */
export interface Known {
  shape(name: string | undefined): Shape | null
  /** Values themselves, of few numbers that shapes are computed from. */
  numbers(name: string | undefined): Numbers | null
}

export interface Numbers {
  readonly values: readonly number[]
  /** Whether they are whole by type: then Div truncates. */
  readonly whole: boolean
}

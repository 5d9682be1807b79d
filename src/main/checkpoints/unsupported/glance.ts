/** What is known of a file before it is opened. */
export interface Glance {
  /** Its name alone. */
  readonly name: string
  /** Its first bytes, at least 512 where it has them. */
  readonly head: Uint8Array
}

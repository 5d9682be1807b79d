import { availableParallelism } from 'node:os'
import { throwIfCancelled } from './cancel'

interface Fill {
  /** Indices in the order in which they are tried. */
  readonly order: readonly number[]
  /** How many are wanted. */
  readonly count: number
  /** Several run at once. */
  readonly load: (index: number) => Promise<Uint8Array>
  /** One at a time, in order. */
  readonly accept: (index: number, pixels: Uint8Array) => Promise<void>
  /** An image that failed to load; the next of the order takes its place. May throw to stop everything. */
  readonly refuse: (index: number, error: unknown) => void
  readonly signal?: AbortSignal | undefined
}

type Outcome = { readonly pixels: Uint8Array } | { readonly error: unknown }

/**
 * Loads images at once and hands them on in order, until enough are accepted or none is left. No image is loaded
 * that may turn out not to be needed, and no more are held than twice the number of processors.
 * @throws LinchpinError CANCELLED, and what `accept` and `refuse` throw
 */
export async function fill({ order, count, load, accept, refuse, signal }: Fill): Promise<void> {
  const width = 2 * availableParallelism()
  const running: { index: number; outcome: Promise<Outcome> }[] = []
  let next = 0
  let accepted = 0
  while (accepted < count) {
    throwIfCancelled(signal)
    while (running.length < width && accepted + running.length < count && next < order.length) {
      const index = order[next++] ?? 0
      running.push({ index, outcome: settle(load(index)) })
    }
    const head = running.shift()
    if (head === undefined) return
    const outcome = await head.outcome
    throwIfCancelled(signal)
    if ('error' in outcome) {
      refuse(head.index, outcome.error)
      continue
    }
    await accept(head.index, outcome.pixels)
    accepted++
  }
}

/** A promise that never rejects, so that none is left unhandled when the work stops early. */
async function settle(loading: Promise<Uint8Array>): Promise<Outcome> {
  try {
    return { pixels: await loading }
  } catch (error) {
    return { error }
  }
}

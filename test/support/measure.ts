/** Runs measurements through the engine, outside its process. */
import type { EngineEvent, MeasureRequest, Task } from '@shared/contract/engine'
import { LAYER_KINDS } from '@shared/contract/model'
import { Measurer } from '../../src/main/engine/measuring/measure'

export type Piece = Extract<EngineEvent, { type: 'piece' }>

export interface Measured {
  readonly events: EngineEvent[]
  readonly pieces: Piece[]
  readonly failures: Extract<EngineEvent, { type: 'failed' }>[]
  /** Of the unperturbed network. */
  readonly original: { readonly top1: number; readonly loss: number; readonly images: number }
}

/** A task a unit and trial, each on all images. */
export function tasksFor(units: readonly string[], trials: readonly number[], to: number): Task[] {
  return units.flatMap((unit) => trials.map((trial) => ({ unit, trial, from: 0, to })))
}

export const everyKind: MeasureRequest['kinds'] = [...LAYER_KINDS]

export async function measureAll(request: MeasureRequest, measurer = new Measurer()): Promise<Measured> {
  const events: EngineEvent[] = []
  for await (const event of measurer.measure(request)) events.push(event)
  await measurer.close()
  const originals = events.filter((event) => event.type === 'original')
  const ranks = originals.flatMap((event) => [...Buffer.from(event.ranks ?? '', 'base64')])
  const losses = originals.flatMap((event) => [...floats(event.losses ?? '')])
  return {
    events,
    pieces: events.filter((event) => event.type === 'piece'),
    failures: events.filter((event) => event.type === 'failed'),
    original: {
      top1: ranks.filter((rank) => rank === 0).length / ranks.length,
      loss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
      images: originals.reduce((sum, { images }) => sum + Buffer.from(images, 'base64').length / 4, 0)
    }
  }
}

/** float32 little endian in base64. */
export function floats(text: string): Float32Array {
  return new Float32Array(new Uint8Array(Buffer.from(text, 'base64')).buffer)
}

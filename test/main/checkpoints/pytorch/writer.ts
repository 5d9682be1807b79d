/** Pickles as torch.save writes them, in protocol 2, apart from the reader under test; anything can be a lie. */
import { zip } from './zips'

/** A value's operations, without PROTO and STOP. */
export type Pickled = Buffer

export const raw = (text: string): Pickled => Buffer.from(text, 'latin1')

export function text(value: string): Pickled {
  const bytes = Buffer.from(value)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(bytes.length)
  return Buffer.concat([raw('X'), length, bytes])
}

/** In as few bytes as Python uses, or in ten. */
export function int(value: number): Pickled {
  const bytes = Buffer.alloc(10)
  bytes[0] = 0x8a
  bytes[1] = 8
  bytes.writeBigInt64LE(BigInt(value), 2)
  return bytes
}

export const tuple = (...items: readonly Pickled[]): Pickled => Buffer.concat([raw('('), ...items, raw('t')])

export const list = (...items: readonly Pickled[]): Pickled => Buffer.concat([raw(']('), ...items, raw('e')])

export const dict = (entries: Readonly<Record<string, Pickled>>): Pickled =>
  Buffer.concat([
    raw('}('),
    ...Object.entries(entries).flatMap(([key, value]) => [text(key), value]),
    raw('u')
  ])

export const call = (name: string, ...args: readonly Pickled[]): Pickled =>
  Buffer.concat([raw(`c${name.replace(/\.([^.]*)$/, '\n$1')}\n`), tuple(...args), raw('R')])

export const global = (name: string): Pickled => raw(`c${name.replace(/\.([^.]*)$/, '\n$1')}\n`)

interface Claims {
  readonly key?: string
  readonly numel?: number
  readonly type?: string
  readonly offset?: number
  readonly strides?: readonly number[]
}

export const storage = (key = '0', numel = 6, type = 'torch.FloatStorage'): Pickled =>
  Buffer.concat([tuple(text('storage'), global(type), text(key), text('cpu'), int(numel)), raw('Q')])

/** By default of a storage "0" of six float32, row-major. */
export function tensor(shape: readonly number[], claims: Claims = {}): Pickled {
  const { key, numel, type, offset = 0 } = claims
  const strides = claims.strides ?? shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1))
  return call(
    'torch._utils._rebuild_tensor_v2',
    storage(key, numel, type),
    int(offset),
    tuple(...shape.map(int)),
    tuple(...strides.map(int)),
    raw('\x89'),
    call('collections.OrderedDict')
  )
}

export const pickle = (value: Pickled): Buffer => Buffer.concat([raw('\x80\x02'), value, raw('.')])

/** 1 to 6. */
export const SIX = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer)

export const archive = (root: Pickled): Buffer =>
  zip([
    { name: 'm/data.pkl', data: pickle(root) },
    { name: 'm/data/0', data: SIX }
  ])

const MAGIC = Buffer.from('8a0a6cfc9c46f9206aa85019', 'hex')

/** The stream format with one storage "0" of six float32. */
export function stream(
  root: Pickled,
  claims: { keys?: Pickled; numel?: number; protocol?: number } = {}
): Buffer {
  const count = Buffer.alloc(8)
  count.writeBigInt64LE(BigInt(claims.numel ?? 6))
  return Buffer.concat([
    pickle(MAGIC),
    pickle(int(claims.protocol ?? 1001)),
    pickle(dict({ little_endian: raw('\x88') })),
    pickle(root),
    pickle(claims.keys ?? list(text('0'))),
    count,
    SIX
  ])
}

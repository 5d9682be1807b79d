import { readFileSync } from 'node:fs'

/** Reads a little-endian C-order .npy of a test fixture. */
export function readNpy(path: string): { shape: number[]; data: Float32Array | Uint8Array | number[] } {
  const bytes = readFileSync(path)
  const headerLength = bytes.readUInt16LE(8)
  const header = bytes.subarray(10, 10 + headerLength).toString('latin1')
  const shape = [...(/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? '').matchAll(/\d+/g)].map((m) =>
    Number(m[0])
  )
  const body = new Uint8Array(bytes.subarray(10 + headerLength))
  const type = /'descr': '([^']+)'/.exec(header)?.[1]
  if (type === '<f4') return { shape, data: new Float32Array(body.buffer) }
  if (type === '|u1') return { shape, data: body }
  if (type === '<i8') return { shape, data: [...new BigInt64Array(body.buffer)].map(Number) }
  throw new Error(`unexpected dtype ${String(type)}`)
}

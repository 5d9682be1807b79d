/** Reads and writes safetensors by the format's specification, apart from the reader under test. */
import { readFileSync, writeFileSync } from 'node:fs'

export interface RawTensor {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly bytes: Uint8Array
}

export type Tensors = ReadonlyMap<string, RawTensor>

export function readTensors(path: string): Map<string, RawTensor> {
  const file = readFileSync(path)
  const length = Number(file.readBigUInt64LE(0))
  const header = JSON.parse(file.subarray(8, 8 + length).toString()) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >
  const data = file.subarray(8 + length)
  return new Map(
    Object.entries(header)
      .filter(([name]) => name !== '__metadata__')
      .map(
        ([
          name,
          {
            dtype,
            shape,
            data_offsets: [start, end]
          }
        ]) => [name, { dtype, shape, bytes: new Uint8Array(data.subarray(start, end)) }]
      )
  )
}

/** A file of any header text, its length as it is or as it is claimed. */
export function fileBytes(
  header: string,
  data: Uint8Array = new Uint8Array(),
  length: bigint | null = null
): Buffer {
  const text = Buffer.from(header)
  const prefix = Buffer.alloc(8)
  prefix.writeBigUInt64LE(length ?? BigInt(text.length))
  return Buffer.concat([prefix, text, data])
}

export function tensorBytes(tensors: Tensors): Buffer {
  let offset = 0
  const header: Record<string, unknown> = {}
  for (const [name, { dtype, shape, bytes }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.length] }
    offset += bytes.length
  }
  return fileBytes(JSON.stringify(header), Buffer.concat([...tensors.values()].map(({ bytes }) => bytes)))
}

export function writeTensors(path: string, tensors: Tensors): string {
  writeFileSync(path, tensorBytes(tensors))
  return path
}

export function float32Tensor(shape: readonly number[], values: Float32Array | readonly number[]): RawTensor {
  return { dtype: 'F32', shape, bytes: new Uint8Array(Float32Array.from(values).buffer) }
}

export const renamed = (tensors: Tensors, rename: (name: string) => string): Map<string, RawTensor> =>
  new Map([...tensors].map(([name, tensor]) => [rename(name), tensor]))

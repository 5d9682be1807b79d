/** Checkpoints of a gigabyte that take no room on the disk: their values are holes, which read as zeros. */
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { dict, pickle, tensor, type Pickled } from '../main/checkpoints/pytorch/writer'
import { resnet50Shapes } from '../support/resnet50'
import { fileBytes } from '../support/safetensors'

/** A ResNet-50 with 3.25 times the channels has 1.07 GB. */
const BASE = 208

const bytesOf = (shape: readonly number[]): number => 4 * shape.reduce((product, size) => product * size, 1)

/** Bytes of all tensors of the network. */
export const modelBytes = resnet50Shapes(BASE).reduce((sum, [, shape]) => sum + bytesOf(shape), 0)

/** Where a tensor's bytes lie. */
export type Place = readonly [offset: number, size: number]

/** @returns where the tensors lie. */
export function writeLargeSafetensors(path: string): readonly Place[] {
  let offset = 0
  const places: Place[] = []
  const header: Record<string, unknown> = {}
  for (const [name, shape] of resnet50Shapes(BASE)) {
    const end = offset + bytesOf(shape)
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, end] }
    places.push([offset, bytesOf(shape)])
    offset = end
  }
  // Writers pad the header so that values lie on multiples of 8.
  const text = JSON.stringify(header)
  const head = fileBytes(text.padEnd(Math.ceil(text.length / 8) * 8))
  const file = openSync(path, 'w')
  try {
    writeSync(file, head)
    ftruncateSync(file, head.length + offset)
  } finally {
    closeSync(file)
  }
  return places.map(([at, size]) => [head.length + at, size])
}

/**
 * As torch.save writes it, with the two moments that Adam keeps of each tensor: twice the size of the network.
 * @returns where the network's tensors lie.
 */
export function writeLargePyTorch(path: string): readonly Place[] {
  const storages: number[] = []
  const stored = (shape: readonly number[]): Pickled => {
    storages.push(bytesOf(shape))
    return tensor(shape, { key: String(storages.length - 1), numel: bytesOf(shape) / 4 })
  }
  const shapes = resnet50Shapes(BASE)
  const moments = Object.fromEntries(
    shapes.map(([, shape], i) => [i, dict({ exp_avg: stored(shape), exp_avg_sq: stored(shape) })])
  )
  const weights = Object.fromEntries(shapes.map(([name, shape]) => [name, stored(shape)]))
  const root = dict({ optimizer: dict({ state: dict(moments) }), state_dict: dict(weights) })
  return writeSparseZip(path, pickle(root), storages).slice(-shapes.length)
}

/** PyTorch lets every storage begin at a multiple of it. */
const ALIGNMENT = 64

/**
 * Source: PKWARE's APPNOTE.TXT; entries of the given sizes after the pickle, in a file below 4 GiB.
 * @returns where they lie.
 */
function writeSparseZip(path: string, pickled: Uint8Array, sizes: readonly number[]): readonly Place[] {
  const parts = [
    { name: 'm/data.pkl', size: pickled.length },
    ...sizes.map((size, i) => ({ name: `m/data/${i}`, size }))
  ]
  const file = openSync(path, 'w')
  try {
    let at = 0
    const places: Place[] = []
    const directory = parts.map(({ name, size }, i) => {
      const [local, entry] = [Buffer.alloc(30), Buffer.alloc(46)]
      local.writeUInt32LE(0x04034b50)
      entry.writeUInt32LE(0x02014b50)
      for (const [header, place] of [
        [local, 18],
        [entry, 20]
      ] as const) {
        header.writeUInt32LE(size, place)
        header.writeUInt32LE(size, place + 4)
        header.writeUInt16LE(name.length, place + 8)
      }
      entry.writeUInt32LE(at, 42)
      const bare = at + local.length + name.length
      local.writeUInt16LE((ALIGNMENT - (bare % ALIGNMENT)) % ALIGNMENT, 28)
      const head = Buffer.concat([local, Buffer.from(name), Buffer.alloc(local.readUInt16LE(28))])
      if (i > 0) places.push([at + head.length, size])
      writeSync(file, i === 0 ? Buffer.concat([head, pickled]) : head, 0, undefined, at)
      at += head.length + size
      return Buffer.concat([entry, Buffer.from(name)])
    })
    const end = Buffer.alloc(22)
    end.writeUInt32LE(0x06054b50)
    end.writeUInt16LE(parts.length, 8)
    end.writeUInt16LE(parts.length, 10)
    end.writeUInt32LE(Buffer.concat(directory).length, 12)
    end.writeUInt32LE(at, 16)
    writeSync(file, Buffer.concat([...directory, end]), 0, undefined, at)
    return places
  } finally {
    closeSync(file)
  }
}

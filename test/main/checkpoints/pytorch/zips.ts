/** Zip archives by PKWARE's APPNOTE.TXT, apart from the reader under test; any field can be a lie. */
import { deflateRawSync } from 'node:zlib'

export interface Part {
  readonly name: string
  readonly data: Uint8Array
  readonly deflated?: boolean
  /** What the directory says instead of the truth. */
  readonly size?: number
  readonly packed?: number
  readonly header?: number
  readonly flags?: number
}

interface Options {
  readonly zip64?: boolean
  readonly comment?: string
  readonly count?: number
  readonly length?: number
  readonly offset?: number
}

const uint16 = (...values: number[]): Buffer =>
  Buffer.concat(values.map((v) => Buffer.from([v & 255, v >> 8])))

const uint32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length)
  values.forEach((value, i) => bytes.writeUInt32LE(value, 4 * i))
  return bytes
}

const uint64 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(8 * values.length)
  values.forEach((value, i) => bytes.writeBigUInt64LE(BigInt(value), 8 * i))
  return bytes
}

export function zip(parts: readonly Part[], options: Options = {}): Buffer {
  const { zip64 = false, comment = '' } = options
  const locals: Buffer[] = []
  const entries: Buffer[] = []
  let at = 0
  for (const { name, data, deflated = false, flags = 0, ...lies } of parts) {
    const packedData = deflated ? deflateRawSync(data) : data
    const { size = data.length, packed = packedData.length, header = at } = lies
    const fixed = Buffer.concat([uint16(20, flags, deflated ? 8 : 0, 0, 0), uint32(0)])
    const local = Buffer.concat([
      uint32(0x04034b50),
      fixed,
      uint32(packedData.length, data.length),
      uint16(name.length, 0),
      Buffer.from(name),
      packedData
    ])
    const extra = zip64 ? Buffer.concat([uint16(1, 24), uint64(size, packed, header)]) : Buffer.alloc(0)
    const shown = (value: number): number => (zip64 ? 0xffffffff : value)
    entries.push(
      Buffer.concat([
        uint32(0x02014b50),
        uint16(20),
        fixed,
        uint32(shown(packed), shown(size)),
        uint16(name.length, extra.length, 0, 0, 0),
        uint32(0, shown(header)),
        Buffer.from(name),
        extra
      ])
    )
    locals.push(local)
    at += local.length
  }
  const directory = Buffer.concat(entries)
  const { count = parts.length, length = directory.length, offset = at } = options
  const end64 = Buffer.concat([
    uint32(0x06064b50),
    uint64(44),
    uint16(45, 45),
    uint32(0, 0),
    uint64(count, count, length, offset),
    uint32(0x07064b50, 0),
    uint64(at + directory.length),
    uint32(1)
  ])
  const end = Buffer.concat([
    uint32(0x06054b50),
    uint16(0, 0, zip64 ? 0xffff : count, zip64 ? 0xffff : count),
    uint32(zip64 ? 0xffffffff : length, zip64 ? 0xffffffff : offset),
    uint16(comment.length),
    Buffer.from(comment)
  ])
  return Buffer.concat([...locals, directory, ...(zip64 ? [end64] : []), end])
}

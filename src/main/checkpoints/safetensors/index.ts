/** safetensors: an 8-byte header length, a JSON header, then raw tensors. Source: the format's own specification. */
import { z } from 'zod'
import { LinchpinError } from '@shared/errors'
import { asFloat32, bfloat16ToFloat32, float16ToFloat32, float64ToFloat32 } from '../numbers/floats'
import type { CheckpointFile, CheckpointReader, TensorEntry } from './types'

/** The limit of the reference implementation. */
const LARGEST_HEADER = 100_000_000

interface Dtype {
  readonly width: number
  /** Absent: whole numbers, which no layer has. */
  readonly convert?: (bytes: Uint8Array<ArrayBuffer>) => Float32Array
}

const DTYPES: Readonly<Record<string, Dtype>> = {
  F16: { width: 2, convert: float16ToFloat32 },
  BF16: { width: 2, convert: bfloat16ToFloat32 },
  F32: { width: 4, convert: asFloat32 },
  F64: { width: 8, convert: float64ToFloat32 },
  I8: { width: 1 },
  U8: { width: 1 },
  BOOL: { width: 1 },
  I16: { width: 2 },
  U16: { width: 2 },
  I32: { width: 4 },
  U32: { width: 4 },
  I64: { width: 8 },
  U64: { width: 8 }
}

const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.number().int().min(0)),
  data_offsets: z.tuple([z.number().int().min(0), z.number().int().min(0)])
})

function headerLength(head: Uint8Array): number {
  const view = new DataView(head.buffer, head.byteOffset, 8)
  return Number(view.getBigUint64(0, true))
}

function invalid(path: string, fact: string): LinchpinError {
  return new LinchpinError('FORMAT_INVALID', `"${path}" (safetensors): ${fact}`, {
    fix: 'Copy or download the file again.'
  })
}

export const safetensorsReader: CheckpointReader = {
  format: 'safetensors',
  match: (head) => head.length > 8 && head[8] === 0x7b && headerLength(head) <= LARGEST_HEADER,
  async open(file) {
    const length = headerLength(await file.read(0, 8))
    if (length > LARGEST_HEADER) throw invalid(file.path, `its header claims ${String(length)} bytes.`)
    const header = parseHeader(file, await file.read(8, length))
    const data = 8 + length
    const tensors = new Map<string, TensorEntry>()
    const metadata: Record<string, string> = {}
    const ranges: { name: string; start: number; end: number }[] = []
    for (const [name, value] of Object.entries(header)) {
      if (name === '__metadata__') {
        const parsed = z.record(z.string(), z.string()).safeParse(value)
        if (parsed.success) Object.assign(metadata, parsed.data)
        continue
      }
      const entry = entrySchema.safeParse(value)
      if (!entry.success) throw invalid(file.path, `the header's entry "${name}" is malformed.`)
      const [start, end] = entry.data.data_offsets
      tensors.set(name, tensorEntry(file, name, entry.data, data))
      ranges.push({ name, start, end })
    }
    if (tensors.size === 0) throw invalid(file.path, 'it holds no tensors.')
    checkRanges(file, ranges, data)
    return {
      kind: 'state-dict',
      format: 'safetensors',
      container: null,
      stateDicts: [],
      tensors,
      metadata,
      config: null,
      files: [file.path],
      close: () => file.close()
    }
  }
}

function parseHeader(file: CheckpointFile, bytes: Uint8Array): Record<string, unknown> {
  let header: unknown
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw invalid(
      file.path,
      `its header is no JSON (${error instanceof Error ? error.message : 'unreadable'}).`
    )
  }
  const parsed = z.record(z.string(), z.unknown()).safeParse(header)
  if (!parsed.success) throw invalid(file.path, 'its header is no JSON object.')
  return parsed.data
}

function tensorEntry(
  file: CheckpointFile,
  name: string,
  { dtype, shape, data_offsets: [start, end] }: z.infer<typeof entrySchema>,
  data: number
): TensorEntry {
  const count = shape.reduce((product, size) => product * size, 1)
  const width = DTYPES[dtype]?.width
  if (width !== undefined && count * width !== end - start) {
    throw invalid(
      file.path,
      `tensor "${name}" of ${dtype} [${shape.join(', ')}] needs ${String(count * width)} bytes and has ${String(end - start)}.`
    )
  }
  return {
    name,
    dtype,
    shape,
    async read() {
      const convert = DTYPES[dtype]?.convert
      if (convert === undefined) {
        throw invalid(file.path, `tensor "${name}" has ${dtype}; expected F16, BF16, F32 or F64.`)
      }
      return convert(await file.read(data + start, end - start))
    }
  }
}

/** Tensors may neither overlap nor end after the file. */
function checkRanges(
  file: CheckpointFile,
  ranges: { readonly name: string; readonly start: number; readonly end: number }[],
  data: number
): void {
  let reached = 0
  for (const { name, start, end } of ranges.sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (start < reached || end < start) throw invalid(file.path, `tensor "${name}" overlaps another one.`)
    reached = end
  }
  if (data + reached > file.size) {
    throw new LinchpinError(
      'FILE_TRUNCATED',
      `"${file.path}" has ${String(file.size)} bytes; its header needs ${String(data + reached)}.`,
      { fix: 'Copy or download the file again.' }
    )
  }
}

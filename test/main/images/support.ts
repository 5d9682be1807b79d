import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { onTestFinished } from 'vitest'
import { evaluationRequestSchema, type EvaluationRequest } from '@shared/contract/evaluation'
import { LinchpinError } from '@shared/errors'

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'linchpin-images-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Writes files with their folders; a path relative to `folder` each. */
export async function writeFiles(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
}

/** A PNG of one colour, 8 × 8. */
export function plainPng(red: number, green = 0, blue = 0): Promise<Buffer> {
  const background = { r: red, g: green, b: blue }
  return sharp({ create: { width: 8, height: 8, channels: 3, background } })
    .png()
    .toBuffer()
}

/** A `.npy` file, version 1, with the header that numpy.save writes. */
export function npy(descr: string, shape: readonly number[], data: Uint8Array, order = 'False'): Buffer {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${tuple}, }`
  const header = Buffer.alloc(10)
  header.write('\x93NUMPY\x01\x00', 'latin1')
  header.writeUInt16LE(118, 8)
  return Buffer.concat([header, Buffer.from(`${text.padEnd(117)}\n`), data])
}

export function request(path: string, more: Partial<EvaluationRequest> = {}): EvaluationRequest {
  return evaluationRequestSchema.parse({ path, resize: 8, crop: 8, ...more })
}

/** The error that a promise is rejected with; fails when there is none. */
export async function failure(promise: Promise<unknown>): Promise<LinchpinError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof LinchpinError) return error
    throw error
  }
  throw new Error('It did not fail.')
}

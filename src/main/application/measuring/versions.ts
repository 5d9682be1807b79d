import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { z } from 'zod'
import { VERSION } from '../version'

/** Of what measures: Linchpin, Node and the runtime. */
export function versions(): Readonly<Record<string, string>> {
  return { linchpin: VERSION, node: process.version, onnxruntime: runtimeVersion() }
}

let known: string | null = null

/** As its package says: the runtime itself is loaded in engines alone. */
function runtimeVersion(): string {
  if (known !== null) return known
  try {
    const path = createRequire(import.meta.url).resolve('onnxruntime-node/package.json')
    known = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(path, 'utf8'))).version
  } catch {
    known = 'unknown'
  }
  return known
}

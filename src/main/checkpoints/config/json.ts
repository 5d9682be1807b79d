/** A small JSON file that may be anything: what is not as expected is not there. */
import { readFile, stat } from 'node:fs/promises'

const LARGEST = 2 ** 20

export type Fields = ReadonlyMap<string, unknown>

/** The object in a file; null where there is none, or it is broken, too large or something else. */
export async function readFields(path: string): Promise<Fields | null> {
  try {
    const stats = await stat(path)
    if (!stats.isFile() || stats.size > LARGEST) return null
    return asFields(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return null
  }
}

export function asFields(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? new Map(Object.entries(value))
    : null
}

export function asText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= 200 ? value : null
}

export function asNumber(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

export function asCount(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : null
}

export function asList(value: unknown): readonly unknown[] | null {
  return Array.isArray(value) ? value : null
}

/** Three numbers; one number stands for three. */
export function asThree(value: unknown): readonly number[] | null {
  const numbers = typeof value === 'number' ? [value, value, value] : (asList(value) ?? []).map(asNumber)
  const three = numbers.filter((number) => number !== null)
  return numbers.length === 3 && three.length === 3 ? three : null
}

import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '../../bench-results')

/** Prints what was measured and keeps it as bench-results/NAME.json, with the machine that it was measured on. */
export function report(name: string, values: Readonly<Record<string, number | string>>): void {
  const machine = { cores: availableParallelism(), processor: cpus()[0]?.model ?? '', node: process.version }
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ name, machine, values }, null, 2))
  for (const [key, value] of Object.entries(values)) {
    process.stdout.write(
      `${name}: ${key}: ${typeof value === 'number' ? String(Number(value.toPrecision(4))) : value}\n`
    )
  }
}

export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}

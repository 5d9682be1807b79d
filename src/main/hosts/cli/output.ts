/** What goes to the terminal: results on stdout, everything else on stderr. */
import type { Problem } from '@shared/errors'

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

export function note(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** @param subject e.g. the file that it is about. */
export function printProblem(problem: Problem, subject?: string): void {
  note(`${subject === undefined ? 'linchpin' : subject}: ${problem.message} [${problem.code}]`)
  for (const line of (problem.details ?? []).slice(0, 20)) note(`    ${line}`)
  const more = (problem.details?.length ?? 0) - 20
  if (more > 0) note(`    … and ${String(more)} more`)
  if (problem.fix !== undefined) note(`  ${problem.fix}`)
}

type CsvValue = string | number | boolean | null

/** RFC 4180; numbers in full precision, null as nothing. */
export function printCsv(
  columns: readonly string[],
  rows: readonly Readonly<Record<string, CsvValue>>[]
): void {
  const lines = [columns.join(',')]
  for (const row of rows) lines.push(columns.map((column) => csvField(row[column] ?? null)).join(','))
  process.stdout.write(`${lines.join('\n')}\n`)
}

function csvField(value: CsvValue): string {
  const text = value === null ? '' : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** 1234567 → "1,234,567". */
export function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

export function duration(seconds: number): string {
  if (seconds < 90) return `${String(Math.round(seconds))} s`
  if (seconds < 5400) return `${String(Math.round(seconds / 60))} min`
  return `${(seconds / 3600).toFixed(1)} h`
}

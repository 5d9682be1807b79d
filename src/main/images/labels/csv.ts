/**
 * Rows of comma-separated text (RFC 4180: quoted fields may hold commas, line breaks and doubled quotes). Fields
 * outside quotes are trimmed; empty lines are left out.
 */
export function parseCsv(text: string): { readonly line: number; readonly fields: readonly string[] }[] {
  const rows: { line: number; fields: string[] }[] = []
  const token = /[^\S\n]*"((?:[^"]|"")*)"[^\S\n]*(?=,|\n|$)|([^,\n]*)/y
  let fields: string[] = []
  let line = 1
  let start = 1
  while (token.lastIndex <= text.length) {
    const match = token.exec(text)
    fields.push(match?.[1]?.replaceAll('""', '"') ?? match?.[2]?.trim() ?? '')
    line += (match?.[0].match(/\n/g) ?? []).length
    const separator = text[token.lastIndex]
    token.lastIndex++
    if (separator === ',') continue
    if (fields.some((field) => field !== '')) rows.push({ line: start, fields })
    fields = []
    line++
    start = line
  }
  return rows
}

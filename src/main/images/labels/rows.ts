import { LinchpinError } from '@shared/errors'
import { firstOf } from '../cancel'
import { byCodePoint } from '../order'
import { parseLabels, type BoundLabels } from './values'

interface Row {
  readonly line: number
  readonly fields: readonly string[]
}
interface Entry {
  readonly line: number
  readonly file: string
  readonly label: string
}

const FILE_COLUMNS = ['file', 'filename', 'file_name', 'path', 'image', 'image_id', 'name']
const LABEL_COLUMNS = ['label', 'class', 'class_id', 'class_name', 'target']

/**
 * Binds the rows of a CSV file to images, by relative path or, where only one image has it, by base name.
 * @throws LinchpinError LABELS_INVALID for unknown, ambiguous, repeated and missing images, and for labels that are
 *   neither all integers nor all names
 */
export function bindRows(
  path: string,
  rows: readonly Row[],
  files: readonly string[],
  folderClasses: readonly string[]
): BoundLabels {
  const find = fileFinder(files)
  const entries = toEntries(path, rows, (file) => find(file).length > 0)
  const numbers = toNumbers(path, entries, folderClasses)
  const bound: (Entry | undefined)[] = files.map(() => undefined)
  const labels: number[] = files.map(() => 0)
  const problems: Record<'unknown' | 'ambiguous' | 'repeated' | 'missing', string[]> = {
    unknown: [],
    ambiguous: [],
    repeated: [],
    missing: []
  }
  entries.forEach((entry, row) => {
    const [index, second] = find(entry.file)
    const where = `line ${entry.line}: "${entry.file}"`
    if (index === undefined) problems.unknown.push(`${where} is no image of the folder`)
    else if (second !== undefined) problems.ambiguous.push(`${where} is the name of several images`)
    else if (bound[index] !== undefined) {
      problems.repeated.push(`${where} has a label in line ${bound[index].line} already`)
    } else {
      bound[index] = entry
      labels[index] = numbers.labels[row] ?? 0
    }
  })
  files.forEach((file, index) => {
    if (bound[index] === undefined) problems.missing.push(`"${file}" has no label`)
  })
  const found = Object.entries(problems).filter(([, lines]) => lines.length > 0)
  if (found.length > 0) {
    const counts = found.map(([kind, lines]) => `${lines.length} ${kind}`).join(', ')
    throw new LinchpinError(
      'LABELS_INVALID',
      `"${path}" has ${entries.length} rows for ${files.length} images: ${counts}.`,
      {
        fix: 'Give each image one row, with its path relative to the folder.',
        details: firstOf(found.flatMap(([, lines]) => lines))
      }
    )
  }
  return { labels, classes: numbers.classes }
}

/** Which files a name in the CSV can mean, by index. */
function fileFinder(files: readonly string[]): (name: string) => readonly number[] {
  const byPath = new Map<string, number[]>()
  const byName = new Map<string, number[]>()
  files.forEach((file, index) => {
    const path = file.normalize('NFC')
    append(byPath, path, index)
    append(byName, path.slice(path.lastIndexOf('/') + 1), index)
  })
  return (name) => {
    const path = name.normalize('NFC').replaceAll('\\', '/').replace(/^\.\//, '')
    return byPath.get(path) ?? byName.get(path) ?? []
  }
}

function append(map: Map<string, number[]>, key: string, value: number): void {
  const values = map.get(key)
  if (values === undefined) map.set(key, [value])
  else values.push(value)
}

/** Reads the two columns; the first row is a header when it names columns or when its file is unknown. */
function toEntries(path: string, rows: readonly Row[], isKnown: (file: string) => boolean): Entry[] {
  const names = rows[0]?.fields.map((field) => field.toLowerCase()) ?? []
  const fileColumn = names.findIndex((name) => FILE_COLUMNS.includes(name))
  const labelColumn = names.findIndex((name) => LABEL_COLUMNS.includes(name))
  const named = fileColumn >= 0 && labelColumn >= 0
  const [from, to] = named ? [fileColumn, labelColumn] : [0, 1]
  const [file = '', label = ''] = rows[0]?.fields ?? []
  const header = named || (!isKnown(file) && !/\.\w+$/.test(file) && !/^\d+$/.test(label))
  const entries = rows
    .slice(header ? 1 : 0)
    .map(({ line, fields }) => ({ line, file: fields[from] ?? '', label: fields[to] ?? '' }))
  const incomplete = entries.filter((entry) => entry.file === '' || entry.label === '')
  if (incomplete.length > 0) {
    throw new LinchpinError(
      'LABELS_INVALID',
      `"${path}" has ${incomplete.length} rows without file and label.`,
      {
        details: firstOf(incomplete.map((entry) => `line ${entry.line}: "${entry.file}", "${entry.label}"`))
      }
    )
  }
  return entries
}

/** Integers stay; names are numbered as the class folders are, or else in Python's order. */
function toNumbers(path: string, entries: readonly Entry[], folderClasses: readonly string[]): BoundLabels {
  if (entries.some(({ label }) => Number.isFinite(Number(label)))) {
    const texts = entries.map(({ line, label }) => ({ where: `line ${line}`, text: label }))
    return { labels: parseLabels(path, texts), classes: [] }
  }
  const names = [...new Set(entries.map(({ label }) => label))].sort(byCodePoint)
  const classes = names.every((name) => folderClasses.includes(name)) ? folderClasses : names
  const numbers = new Map(classes.map((name, index) => [name, index]))
  return { labels: entries.map(({ label }) => numbers.get(label) ?? 0), classes }
}

import type { LoadCheck } from '@shared/contract/loading'
import type { Inspection, ModelOptions } from '@shared/contract/model'
import type { ImportRequest } from '@shared/contract/study'
import type { Problem } from '@shared/errors'
import { parseDeviation, parseTriple, tripleText } from '../normalization'

export type RowState = 'waiting' | 'uploading' | 'reading' | 'ready' | 'failed' | 'adding' | 'existing'

/** A file that holds a row's classifier. */
export interface HeadFile {
  readonly path: string
  readonly file: string
  /** The row that it was in this list, to take both apart again. */
  readonly row: ImportRow | null
}

/** How the user wants a file to be read; what is empty is left to the reader. */
export interface Reading {
  architecture: string
  /** Attention heads as typed. */
  heads: string
  weights: string
  /** Null: left to the reader; empty: none. */
  prefix: string | null
  output: string
  channels: '' | 'bgr'
  head: HeadFile | null
  /** ε of the layer norms; only ever taken over from an alternative. */
  epsilon: number | null
  /** Three numbers as typed, separated by commas; those that were read until they are edited. */
  mean: string
  std: string
  normalizationEdited: boolean
}

/** What the user decides of a file besides how it is read. */
export interface Naming {
  name: string
  category: string
}

export type RowCheck =
  | { readonly state: 'none' | 'waiting' | 'running' }
  | { readonly state: 'done'; readonly check: LoadCheck }
  | { readonly state: 'failed'; readonly problem: Problem }

/** A file on its way into the study. */
export interface ImportRow extends Reading, Naming {
  readonly key: number
  readonly file: string
  /** Files that came together have the same. */
  readonly batch: number
  /** Names of the files that belong to it. */
  readonly companions: readonly string[]
  state: RowState
  /** Fraction uploaded. */
  uploaded: number
  path: string | null
  inspection: Inspection | null
  problem: Problem | null
  /** Taken apart by hand: not paired again by itself. */
  apart: boolean
  check: RowCheck
}

export const isBusy = ({ state }: ImportRow): boolean =>
  state === 'waiting' || state === 'uploading' || state === 'reading'

export const isReady = ({ state }: ImportRow): boolean => state === 'ready'

/** The options of the contract; null where what is typed is no such value. */
export function readingOptions(row: Reading): ModelOptions | null {
  const { architecture, weights, prefix, output, channels, head, epsilon } = row
  const heads = row.heads.trim() === '' ? undefined : Number(row.heads)
  if (heads !== undefined && (!Number.isInteger(heads) || heads < 1)) return null
  const mean = row.normalizationEdited ? parseTriple(row.mean) : undefined
  const std = row.normalizationEdited ? parseDeviation(row.std) : undefined
  if (mean === null || std === null) return null
  return {
    ...(architecture === '' ? {} : { architecture }),
    ...(heads === undefined ? {} : { heads }),
    ...(epsilon === null ? {} : { epsilon }),
    ...(head === null ? {} : { head: head.path }),
    ...(weights === '' ? {} : { weights }),
    ...(prefix === null ? {} : { prefix }),
    ...(output === '' ? {} : { output }),
    ...(channels === '' ? {} : { channels }),
    ...(mean === undefined || std === undefined ? {} : { mean, std })
  }
}

/** The corrections that read a file with given options; a head that is named already keeps where it came from. */
export function readingOf(options: ModelOptions, row: Reading & Pick<ImportRow, 'inspection'>): Reading {
  const { head, mean, std } = options
  const read = row.inspection?.normalization
  const edited =
    mean !== undefined &&
    std !== undefined &&
    // A normalisation that the file gives anyway stays the file's.
    (row.normalizationEdited ||
      !read ||
      tripleText(read.mean) !== tripleText(mean) ||
      tripleText(read.std) !== tripleText(std))
  return {
    architecture: options.architecture ?? '',
    heads: options.heads === undefined ? '' : String(options.heads),
    weights: options.weights ?? '',
    prefix: options.prefix ?? null,
    output: options.output ?? '',
    channels: options.channels === 'bgr' ? 'bgr' : '',
    head:
      head === undefined || head === row.head?.path
        ? row.head
        : { path: head, file: head.split(/[\\/]/).at(-1) ?? head, row: null },
    epsilon: options.epsilon ?? null,
    mean: edited ? tripleText(mean) : row.mean,
    std: edited ? tripleText(std) : row.std,
    normalizationEdited: edited
  }
}

/** Null where what is typed cannot be sent. */
export function importRequest(row: ImportRow): ImportRequest | null {
  const options = readingOptions(row)
  if (row.path === null || options === null) return null
  const name = row.name.trim()
  const category = row.category.trim()
  return {
    path: row.path,
    ...(name === '' ? {} : { name }),
    ...(category === '' ? {} : { category }),
    options
  }
}

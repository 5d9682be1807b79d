/** Classifiers that were saved apart, and the networks that lack one. */
import type { ImportRow } from './row'

export const lacksClassifier = ({ inspection, head }: ImportRow): boolean =>
  head === null && inspection?.error?.code === 'CLASSIFIER_MISSING'

/** Features that a row's missing classifier must take; null: none is missing, or it is not known. */
export const missingFeatures = (row: ImportRow): number | null =>
  lacksClassifier(row) ? (row.inspection?.head?.features ?? null) : null

/** What a row that is a classifier alone takes and gives. */
export function loneHead({
  inspection
}: ImportRow): { features: number; classes?: number | undefined } | null {
  return inspection?.error?.code === 'CLASSIFIER_ALONE' ? inspection.head : null
}

/** Rows that a lone classifier would complete. */
export function rowsFor(head: ImportRow, rows: readonly ImportRow[]): ImportRow[] {
  const features = loneHead(head)?.features
  return features === undefined ? [] : rows.filter((row) => missingFeatures(row) === features)
}

/**
 * Pairs that leave no doubt: one network of these features lacks a classifier, and one classifier takes them.
 * Those that were taken apart by hand stay apart.
 */
export function pairsOf(
  rows: readonly ImportRow[]
): { readonly model: ImportRow; readonly head: ImportRow }[] {
  const free = rows.filter(({ apart }) => !apart)
  return free.flatMap((head) => {
    const features = loneHead(head)?.features
    if (features === undefined) return []
    const heads = free.filter((other) => loneHead(other)?.features === features)
    const [model, ...others] = rowsFor(head, free)
    return model && others.length === 0 && heads.length === 1 ? [{ model, head }] : []
  })
}

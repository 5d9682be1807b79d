import { belongsTo, isCheckpointName, isSidecarName, isTrainingState } from './checkpoint-names'

/** What is done with a dropped or chosen file or folder, from its name alone. */
export type Kind = 'study' | 'images' | 'labels' | 'checkpoint' | 'companion' | 'ignored'

export interface Named {
  readonly name: string
  readonly directory: boolean
  /** The folder that it lay in, where that was dropped: its files belong together, and only checkpoints are taken. */
  readonly folder?: string | undefined
}

export interface Sorted<T extends Named> {
  readonly study: T | null
  readonly checkpoints: readonly T[]
  /** Files that belong to a checkpoint beside them: shards, external data of an ONNX graph, config files. */
  readonly companions: readonly T[]
  readonly images: T | null
  readonly labels: T | null
  readonly ignored: readonly { readonly name: string; readonly reason: string }[]
}

const IMAGE = /\.(jpe?g|png|bmp|gif|webp|tiff?)$/i
/** What systems leave in folders. */
const HIDDEN = /^(\.|thumbs\.db$|desktop\.ini$)/i

export function kindOf(entry: Named, all: readonly Named[]): Kind {
  const name = entry.name.toLowerCase()
  if (entry.directory) return 'images'
  if (HIDDEN.test(name)) return 'ignored'
  if (name.endsWith('.linchpin')) return 'study'
  if (/\.np[yz]$/.test(name) && /label|target|_y\.np[yz]$/.test(name)) return 'labels'
  // An .npz holds weights as often as images: only its name can tell before it is read.
  if (name.endsWith('.npy') || (name.endsWith('.npz') && /image|pixels/.test(name))) return 'images'
  if (
    /\.(csv|txt)$/.test(name) &&
    /label/.test(name) &&
    all.some((other) => other.directory || /\.npy$/i.test(other.name))
  ) {
    return 'labels'
  }
  const beside = all.filter((other) => !other.directory && other.folder === entry.folder && other !== entry)
  if (beside.some((other) => belongsTo(entry.name, other.name))) return 'companion'
  if (isCheckpointName(name)) {
    return entry.folder !== undefined && isTrainingState(name) ? 'ignored' : 'checkpoint'
  }
  if (/\.(csv|tsv|txt|md|json|ya?ml)$/.test(name) || IMAGE.test(name)) return 'ignored'
  // What a file is, is decided by its content: one with an unknown ending gets its reason in its row. But of a
  // folder's many files only those are taken that say that they are checkpoints.
  return entry.folder === undefined ? 'checkpoint' : 'ignored'
}

function reason({ name, folder }: Named): string {
  if (/\.csv$/i.test(name)) return 'Tables of results cannot be imported yet.'
  if (HIDDEN.test(name)) return 'It is a hidden file.'
  if (IMAGE.test(name)) return 'Drop the folder that holds the images, not single images.'
  if (isSidecarName(name)) return 'It describes a checkpoint. Drop both together.'
  if (/\.json$/i.test(name)) return 'It belongs to no checkpoint beside it.'
  if (folder !== undefined && isTrainingState(name))
    return 'By its name it holds the state of a training run, not a model.'
  return 'It is neither a checkpoint, nor images, nor a study.'
}

/** Sorts what was dropped: the first study, the first set of images, every checkpoint. */
export function sortPaths<T extends Named>(entries: readonly T[]): Sorted<T> {
  const kinds = new Map(entries.map((entry) => [entry, kindOf(entry, entries)]))
  const of = (kind: Kind): T[] => entries.filter((entry) => kinds.get(entry) === kind)
  const [study = null] = of('study')
  const [images = null, ...furtherImages] = of('images')
  const [labels = null] = of('labels')
  return {
    study,
    checkpoints: of('checkpoint'),
    companions: of('companion'),
    images,
    labels,
    ignored: [
      ...of('ignored').map((entry) => ({ name: entry.name, reason: reason(entry) })),
      ...furtherImages.map(({ name }) => ({ name, reason: 'A study has one evaluation set.' }))
    ]
  }
}

/** Those companions that a checkpoint needs beside it. */
export function companionsOf<T extends Named>(checkpoint: Named, companions: readonly T[]): T[] {
  return companions.filter(
    ({ name, folder }) => folder === checkpoint.folder && belongsTo(name, checkpoint.name)
  )
}

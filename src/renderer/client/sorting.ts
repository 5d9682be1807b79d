/** What is done with a dropped or chosen file or folder, from its name alone. */
export type Kind = 'study' | 'images' | 'labels' | 'checkpoint' | 'companion' | 'ignored'

export interface Named {
  readonly name: string
  readonly directory: boolean
}

export interface Sorted<T extends Named> {
  readonly study: T | null
  readonly checkpoints: readonly T[]
  /** Files that a checkpoint beside them refers to, e.g. external data of an ONNX graph. */
  readonly companions: readonly T[]
  readonly images: T | null
  readonly labels: T | null
  readonly ignored: readonly { readonly name: string; readonly reason: string }[]
}

const CHECKPOINT = /\.(safetensors|onnx|pt|pth|ckpt|bin|tar|pkl|h5|keras|npz|gguf|zip)$/i
const IMAGE = /\.(jpe?g|png|bmp|gif|webp|tiff?)$/i

export function kindOf(entry: Named, all: readonly Named[]): Kind {
  const name = entry.name.toLowerCase()
  if (entry.directory) return 'images'
  if (name.endsWith('.linchpin')) return 'study'
  if (name.endsWith('.npy')) return /label|target|_y\.npy$/.test(name) ? 'labels' : 'images'
  if (
    /\.(csv|txt)$/.test(name) &&
    /label/.test(name) &&
    all.some((other) => other.directory || /\.npy$/i.test(other.name))
  ) {
    return 'labels'
  }
  if (/\.(csv|tsv|txt|md|json|ya?ml)$/.test(name) || IMAGE.test(name)) return 'ignored'
  if (isExternalData(name) && all.some((other) => other.name.toLowerCase().endsWith('.onnx')))
    return 'companion'
  // What a file is, is decided by its content: one with an unknown ending gets its reason in its row.
  return 'checkpoint'
}

function isExternalData(name: string): boolean {
  return /(\.|_)data$|\.onnx_data/.test(name) || (!CHECKPOINT.test(name) && !name.includes('.'))
}

function reason(name: string): string {
  if (/\.csv$/i.test(name)) return 'Tables of results cannot be imported yet.'
  if (IMAGE.test(name)) return 'Drop the folder that holds the images, not single images.'
  return 'It is neither a checkpoint, nor images, nor a study.'
}

/** Sorts what was dropped: the first study, the first set of images, every checkpoint. */
export function sortPaths<T extends Named>(entries: readonly T[]): Sorted<T> {
  const of = (kind: Kind): T[] => entries.filter((entry) => kindOf(entry, entries) === kind)
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
      ...of('ignored').map(({ name }) => ({ name, reason: reason(name) })),
      ...furtherImages.map(({ name }) => ({ name, reason: 'A study has one evaluation set.' }))
    ]
  }
}

/** What names of files say of checkpoints, and which files belong to which. */

const CHECKPOINT = /\.(safetensors|onnx|pt|pth|ckpt|bin|tar|pkl|h5|keras|npz|gguf|zip)$/i
const INDEX = /^(.+)\.index(\.[\w-]+)?\.json$/i
const SHARD = /^(.+?)-(\d+)-of-(\d+)(\.[\w.]+)$/i
/** Beside any checkpoint, as timm and Hugging Face's libraries write them. */
const SIDECAR = /^(config|preprocessor_config)\.json$/i
/** What Hugging Face's trainer writes beside the weights. */
const TRAINING = /^(training_args|optimizer|scheduler|scaler|rng_state.*)\.(bin|pt|pth)$/i

export const isSidecarName = (name: string): boolean => SIDECAR.test(name)
export const isTrainingState = (name: string): boolean => TRAINING.test(name)

/** A file that is a checkpoint by its name: a weights file, or the index of several. */
export const isCheckpointName = (name: string): boolean => CHECKPOINT.test(name) || INDEX.test(name)

/** `model.pth.tar` → `model`. */
export function stemOf(name: string): string {
  return name
    .replace(INDEX, '$1')
    .replace(SHARD, '$1')
    .replace(/\.(tar|zip)$/i, '')
    .replace(/\.(safetensors|onnx|pth|pt|ckpt|bin|npz|pkl|h5|keras|gguf)$/i, '')
}

interface Part {
  /** The name of the whole, as if it were one file. */
  readonly whole: string
  readonly number: number
}

/** `model-00002-of-00003.safetensors` → part 2 of `model.safetensors`. */
function partOf(name: string): Part | null {
  const [, stem, number, , extension] = SHARD.exec(name) ?? []
  if (stem === undefined || extension === undefined) return null
  return { whole: `${stem}${extension}`.toLowerCase(), number: Number(number) }
}

/** `model.safetensors.index.fp16.json` → `model.fp16.safetensors`, whose parts it lists. */
function indexedBy(name: string): string | null {
  const [, file, variant = ''] = INDEX.exec(name) ?? []
  if (file === undefined) return null
  return file.replace(/(\.\w+)?$/, `${variant}$1`).toLowerCase()
}

/** Weights of an ONNX graph that lie outside it. */
function isExternalData(name: string): boolean {
  return /(\.|_)data$|\.onnx_data/i.test(name) || !name.includes('.')
}

/**
 * Whether a file is part of the checkpoint beside it, rather than one itself: a shard of an index, or of an earlier
 * shard; external data of a graph; a config file.
 */
export function belongsTo(name: string, checkpoint: string): boolean {
  if (!isCheckpointName(checkpoint)) return false
  const part = partOf(name)
  if (part !== null) {
    const first = partOf(checkpoint)
    if (first !== null) return first.whole === part.whole && first.number < part.number
    return indexedBy(checkpoint) === part.whole
  }
  if (isCheckpointName(name)) return false
  if (SIDECAR.test(name)) return true
  if (/\.json$/i.test(name)) return name.toLowerCase() === `${stemOf(checkpoint)}.json`.toLowerCase()
  return /\.onnx$/i.test(checkpoint) && isExternalData(name)
}

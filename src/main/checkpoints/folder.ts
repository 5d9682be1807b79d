/** A folder given instead of a file: the one model file in it. */
import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { LinchpinError } from '@shared/errors'

const MODEL = /\.(safetensors|pth|pt|ckpt|bin|npz|onnx|pth\.tar|index\.json)$/i
/** What training scripts write beside the model. */
const OTHER = /^(optimizer|scheduler|scaler|training_args|rng_state\w*|trainer_state)\.\w+$/i
const SHARD = /-\d{5}-of-\d{5}(\.\w+)$/
const MOST_SHOWN = 10

/** Folders that are checkpoints of other programs, by a file in them. */
const FOREIGN: readonly { readonly file: RegExp; readonly what: string; readonly fix: string }[] = [
  {
    file: /^saved_model\.pb$/,
    what: 'a TensorFlow SavedModel',
    fix: 'Convert it to ONNX with tf2onnx, and import that.'
  },
  {
    file: /^\.metadata$/,
    what: 'a checkpoint of torch.distributed',
    fix: 'Convert it with torch.distributed.checkpoint.format_utils.dcp_to_torch_save, and import that.'
  },
  {
    file: /^_CHECKPOINT_METADATA$|^_METADATA$/,
    what: 'a checkpoint of Orbax (JAX)',
    fix: 'Save its arrays with numpy.savez, and import that.'
  },
  { file: /\.mlmodel$/, what: 'a Core ML package', fix: 'Export the model to ONNX, and import that.' }
]

/**
 * The path itself, or that of the only model file in the folder there.
 * @throws FILE_UNREADABLE when a folder has none or several, FORMAT_UNSUPPORTED.
 */
export async function modelFileAt(path: string): Promise<string> {
  const folder = await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false
  )
  if (!folder) return path
  const names = await readdir(path).catch((error: unknown) => {
    throw new LinchpinError('FILE_UNREADABLE', `"${path}" is a folder that cannot be read.`, { cause: error })
  })
  const models = modelsAmong(names)
  const [only] = models
  if (only !== undefined && models.length === 1) return join(path, only)
  if (models.length > 1) {
    throw new LinchpinError(
      'FILE_UNREADABLE',
      `"${path}" is a folder with ${models.length} model files: ${shown(models)}.`,
      { details: models, fix: 'Choose one of them.' }
    )
  }
  const foreign = FOREIGN.find(({ file }) => names.some((name) => file.test(name)))
  if (foreign !== undefined) {
    throw new LinchpinError('FORMAT_UNSUPPORTED', `"${basename(path)}" is ${foreign.what}.`, {
      fix: foreign.fix
    })
  }
  throw new LinchpinError('FILE_UNREADABLE', `"${path}" is a folder without a model file in it.`, {
    fix: 'Choose the checkpoint file.'
  })
}

/** An index stands for its shards, and a series without an index for its files. */
function modelsAmong(names: readonly string[]): readonly string[] {
  const models = names.filter((name) => MODEL.test(name) && !OTHER.test(name)).sort()
  const stems = new Set(models.map((name) => name.replace(/\.index\.json$/, '')))
  const series = new Set<string>()
  return models.filter((name) => {
    if (!SHARD.test(name)) return true
    const stem = name.replace(SHARD, '$1')
    if (stems.has(stem) || series.has(stem)) return false
    series.add(stem)
    return true
  })
}

function shown(names: readonly string[]): string {
  const first = names.slice(0, MOST_SHOWN).map((name) => `"${name}"`)
  return names.length > MOST_SHOWN
    ? `${first.join(', ')} and ${names.length - MOST_SHOWN} more`
    : first.join(', ')
}

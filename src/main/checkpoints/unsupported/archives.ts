/** What is in an archive that is no checkpoint. */
import type { CheckpointFile } from '../types'
import { TO_ONNX, type Signature } from './signatures'

type Description = Omit<Signature, 'match'>

/** By the names inside a zip archive. */
const INSIDE: readonly (Description & { readonly name: RegExp })[] = [
  {
    what: 'an exported program (torch.export)',
    fix: 'Save its state dict as safetensors, and import that.',
    name: /(^|\/)(archive_format|serialized_exported_program\.json|models\/model\.json)$/
  },
  { what: 'a Keras model', fix: TO_ONNX, name: /(^|\/)model\.weights\.h5$/ },
  { what: 'a zip archive with a Core ML package in it', fix: TO_ONNX, name: /\.mlpackage\/|\.mlmodel$/ },
  {
    what: 'a zip archive with a TensorFlow model in it',
    fix: TO_ONNX,
    name: /(^|\/)saved_model\.pb$/
  },
  {
    what: 'a zip archive with an ONNX file in it',
    fix: 'Unpack it first.',
    name: /\.onnx$/i
  },
  {
    what: 'a zip archive with checkpoints in it',
    fix: 'Unpack it first.',
    name: /\.(safetensors|pth|pt|ckpt|bin|tar)$/i
  }
]

const OTHER: Description = {
  what: 'a zip archive, but no checkpoint of torch.save, TorchScript or NumPy',
  fix: 'Unpack it first if a checkpoint is inside.'
}

const MOST_NAMES = 5
/** Looked at before it is given up. */
const MOST_ENTRIES = 64
const BLOCK = 512

export function describeZip(names: readonly string[]): Description {
  const { what, fix } = INSIDE.find(({ name }) => names.some((inside) => name.test(inside))) ?? OTHER
  return { what: `${what}${contents(names, names.length)}`, fix }
}

/** Its first files; a tar archive has no list of them. */
export async function describeTar(file: CheckpointFile, { what, fix }: Description): Promise<Description> {
  const names: string[] = []
  let at = 0
  for (let entry = 0; entry < MOST_ENTRIES && at + BLOCK <= file.size; entry++) {
    if (names.length > MOST_NAMES) break
    const block = await file.read(at, BLOCK)
    const field = (start: number, length: number): string =>
      new TextDecoder('latin1').decode(block.subarray(start, start + length)).replace(/\0.*$/s, '')
    const size = parseInt(field(124, 12).trim() || '0', 8)
    if (field(0, 100) === '' || !Number.isSafeInteger(size) || size < 0) break
    // Only what is a file or a folder; the others are notes about the next entry.
    if (/^[05]?$/.test(field(156, 1))) names.push(field(0, 100))
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
  }
  return { what: `${what}${contents(names, null)}`, fix }
}

/** @param count how many there are; null: unknown. */
function contents(names: readonly string[], count: number | null): string {
  const shown = names.slice(0, MOST_NAMES).map((name) => JSON.stringify(name.slice(0, 100)))
  if (shown.length === 0) return ''
  const more =
    names.length <= MOST_NAMES ? '' : count === null ? ' and more' : ` and ${count - MOST_NAMES} more`
  return `: ${shown.join(', ')}${more}`
}

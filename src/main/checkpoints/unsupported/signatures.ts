/** Formats that are recognised by their first bytes and not read: the user learns what the file is. */
import type { Glance } from './glance'
import { isCoreMl, isFrozenGraph, isSavedModel } from './protobuf'

export interface Signature {
  /** Completes "the file is …". */
  readonly what: string
  readonly fix: string
  match(glance: Glance): boolean
}

const TO_SAFETENSORS =
  'Save its state dict as safetensors (safetensors.torch.save_file) or export the model to ONNX, and import that.'
export const TO_ONNX = 'Export the model to ONNX, and import that.'
const TF_TO_ONNX = 'Convert it to ONNX with tf2onnx, and import that.'
const UNPACK = 'Unpack it first.'

const text = (head: Uint8Array): string =>
  new TextDecoder('latin1')
    .decode(head)
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart()

/** Bytes, as text in which each character is one, at a place. */
const bytes =
  (expected: string, at = 0) =>
  ({ head }: Glance): boolean =>
    head.length >= at + expected.length &&
    Array.from(expected).every((character, i) => head[at + i] === character.charCodeAt(0))

const begins =
  (pattern: RegExp) =>
  ({ head }: Glance): boolean =>
    pattern.test(text(head))

const named =
  (pattern: RegExp) =>
  ({ name }: Glance): boolean =>
    pattern.test(name)

/** Of what the content says; the first that matches. */
const BY_CONTENT: readonly Signature[] = [
  {
    what: 'a zip archive, but no checkpoint of torch.save or TorchScript',
    fix: 'Unpack it first if a checkpoint is inside.',
    match: bytes('PK\x03\x04')
  },
  {
    what: 'a pickle file, but not one that torch.save wrote',
    fix: TO_SAFETENSORS,
    match: ({ head: [first, protocol = 0], name }) =>
      first === 0x80 && protocol >= 2 && protocol <= 5 && name !== '.metadata'
  },
  { what: 'an HDF5 file, as Keras saves', fix: TO_ONNX, match: bytes('\x89HDF') },
  { what: 'a NumPy array', fix: 'Use it as the evaluation set.', match: bytes('\x93NUMPY') },
  { what: 'a TensorFlow Lite model', fix: TO_ONNX, match: bytes('TFL3', 4) },
  { what: 'a GGUF file, as llama.cpp reads', fix: TO_SAFETENSORS, match: bytes('GGUF') },
  { what: 'a TensorRT engine', fix: 'Import the ONNX file that it was built from.', match: bytes('ftrt') },
  { what: 'a Core ML model', fix: TO_ONNX, match: isCoreMl },
  { what: 'a TensorFlow SavedModel', fix: TF_TO_ONNX, match: isSavedModel },
  { what: 'a frozen TensorFlow graph', fix: TF_TO_ONNX, match: isFrozenGraph },
  { what: 'a MATLAB file', fix: TO_ONNX, match: bytes('MATLAB 5.0') },
  { what: 'a gzip archive', fix: UNPACK, match: bytes('\x1f\x8b') },
  { what: 'a bzip2 archive', fix: UNPACK, match: bytes('BZh') },
  { what: 'an xz archive', fix: UNPACK, match: bytes('\xfd7zXZ\0') },
  { what: 'a Zstandard archive', fix: UNPACK, match: bytes('\x28\xb5\x2f\xfd') },
  { what: 'a 7-Zip archive', fix: UNPACK, match: bytes('7z\xbc\xaf\x27\x1c') },
  { what: 'a RAR archive', fix: UNPACK, match: bytes('Rar!\x1a\x07') },
  { what: 'a JPEG image', fix: 'Use its folder as the evaluation set.', match: bytes('\xff\xd8\xff') },
  { what: 'a PNG image', fix: 'Use its folder as the evaluation set.', match: bytes('\x89PNG') },
  { what: 'a study', fix: 'Open it instead.', match: bytes('SQLite format 3') },
  {
    what: 'a Git LFS pointer, not the file itself',
    fix: 'Run "git lfs pull" where it came from.',
    match: begins(/^version https:\/\/git-lfs/)
  },
  { what: 'an OpenVINO model', fix: TO_ONNX, match: begins(/^<\?xml[^>]*>\s*<net[\s>]/) },
  {
    what: 'an HTML page, most likely saved instead of the file',
    fix: 'Download the file itself.',
    match: begins(/^<(!doctype|html|head|\?xml)/i)
  },
  { what: 'the list of TensorFlow checkpoints', fix: TF_TO_ONNX, match: begins(/^model_checkpoint_path: "/) },
  { what: 'a tar archive', fix: UNPACK, match: bytes('ustar', 257) }
]

/** Where the content tells nothing. */
const BY_NAME: readonly Signature[] = [
  { what: 'a Flax checkpoint (MessagePack)', fix: TO_SAFETENSORS, match: named(/\.msgpack$/i) },
  { what: 'a TensorFlow SavedModel', fix: TF_TO_ONNX, match: named(/^saved_model\.pb$/) },
  {
    what: 'a part of a TensorFlow checkpoint',
    fix: TF_TO_ONNX,
    match: named(/\.(index|meta|data-\d{5}-of-\d{5})$/)
  },
  {
    what: 'a part of a checkpoint of torch.distributed',
    fix: 'Convert it with torch.distributed.checkpoint.format_utils.dcp_to_torch_save, and import that.',
    match: named(/^\.metadata$|\.distcp$/)
  },
  {
    what: 'JSON text, but no index of a sharded checkpoint',
    fix: 'Import the weights that lie beside it.',
    match: begins(/^\{\s*(["}]|$)/)
  }
]

export function signatureOf(glance: Glance): Signature | undefined {
  return [...BY_CONTENT, ...BY_NAME].find((candidate) => candidate.match(glance))
}

/** By its content, whatever its name. */
export function isUnsupported(glance: Glance): boolean {
  return BY_CONTENT.some((candidate) => candidate.match(glance))
}

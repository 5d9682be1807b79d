/** Formats that are recognised by their first bytes and not read: the user learns what the file is. */
import { basename } from 'node:path'
import { LinchpinError } from '@shared/errors'

interface Signature {
  readonly what: string
  readonly fix: string
  match(head: Uint8Array): boolean
}

const startsWith =
  (...bytes: number[]) =>
  (head: Uint8Array): boolean =>
    head.length >= bytes.length && bytes.every((byte, i) => head[i] === byte)

const text = (head: Uint8Array): string => new TextDecoder('latin1').decode(head).trimStart()

const TO_SAFETENSORS =
  'Save its state dict as safetensors (safetensors.torch.save_file) or export the model to ONNX, and import that.'

const SIGNATURES: readonly Signature[] = [
  {
    what: 'a zip archive, but no checkpoint of torch.save or TorchScript',
    fix: 'Unpack it first if a checkpoint is inside.',
    match: startsWith(0x50, 0x4b, 0x03, 0x04)
  },
  {
    what: 'a pickle file, but not one that torch.save wrote',
    fix: TO_SAFETENSORS,
    match: ([first, protocol = 0]) => first === 0x80 && protocol >= 2 && protocol <= 5
  },
  {
    what: 'an HDF5 file, as Keras saves',
    fix: 'Export the model to ONNX.',
    match: startsWith(0x89, 0x48, 0x44, 0x46)
  },
  {
    what: 'a NumPy array',
    fix: 'Use it as the evaluation set.',
    match: startsWith(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59)
  },
  { what: 'a gzip archive', fix: 'Unpack it first.', match: startsWith(0x1f, 0x8b) },
  { what: 'a JPEG image', fix: 'Use its folder as the evaluation set.', match: startsWith(0xff, 0xd8, 0xff) },
  {
    what: 'a PNG image',
    fix: 'Use its folder as the evaluation set.',
    match: startsWith(0x89, 0x50, 0x4e, 0x47)
  },
  {
    what: 'a study',
    fix: 'Open it instead.',
    match: (head) => text(head).startsWith('SQLite format 3')
  },
  {
    what: 'a Git LFS pointer, not the file itself',
    fix: 'Run "git lfs pull" where it came from.',
    match: (head) => text(head).startsWith('version https://git-lfs')
  },
  {
    what: 'an HTML page, most likely saved instead of the file',
    fix: 'Download the file itself.',
    match: (head) => /^<(!doctype|html|head|\?xml)/i.test(text(head))
  },
  {
    what: 'a tar archive',
    fix: 'Unpack it first.',
    match: (head) => new TextDecoder('latin1').decode(head.subarray(257, 262)) === 'ustar'
  }
]

export function isUnsupported(head: Uint8Array): boolean {
  return SIGNATURES.some((candidate) => candidate.match(head))
}

/** The error that says what a file is that no reader takes. */
export function unsupported(path: string, head: Uint8Array): LinchpinError {
  const signature = SIGNATURES.find((candidate) => candidate.match(head))
  if (signature !== undefined) {
    return new LinchpinError('FORMAT_UNSUPPORTED', `"${basename(path)}" is ${signature.what}.`, {
      fix: signature.fix
    })
  }
  const bytes = [...head.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
  return new LinchpinError('FORMAT_UNKNOWN', `"${basename(path)}" begins with ${bytes}.`, {
    fix: 'Expected a PyTorch, a safetensors or an ONNX file.'
  })
}

/** The error that says what a file is that no reader takes. */
import { basename } from 'node:path'
import { LinchpinError } from '@shared/errors'
import type { CheckpointFile } from '../types'
import { describeTar, describeZip } from './archives'
import { signatureOf } from './signatures'

export async function unsupported(file: CheckpointFile, head: Uint8Array): Promise<LinchpinError> {
  const name = basename(file.path)
  const signature = signatureOf({ name, head })
  if (signature === undefined) {
    const bytes = [...head.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    return new LinchpinError('FORMAT_UNKNOWN', `"${name}" begins with ${bytes}.`, {
      fix: 'Expected a PyTorch, a safetensors, an .npz or an ONNX file.'
    })
  }
  return unsupportedAs(
    name,
    signature.what.includes('tar archive') ? await describeTar(file, signature) : signature
  )
}

/** @param names of what is inside. */
export function unsupportedArchive(path: string, names: readonly string[]): LinchpinError {
  return unsupportedAs(basename(path), describeZip(names))
}

function unsupportedAs(
  name: string,
  { what, fix }: { readonly what: string; readonly fix: string }
): LinchpinError {
  return new LinchpinError('FORMAT_UNSUPPORTED', `"${name}" is ${what}.`, { fix })
}

export { isUnsupported } from './signatures'

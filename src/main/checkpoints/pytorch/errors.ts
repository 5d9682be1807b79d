import { LinchpinError } from '@shared/errors'

/** @param fact what was found in the file and what was expected. */
export function invalid(path: string, fact: string): LinchpinError {
  return new LinchpinError('FORMAT_INVALID', `"${path}" (PyTorch): ${fact}`, {
    fix: 'Copy or download the file again.'
  })
}

export function truncated(path: string, fact: string): LinchpinError {
  return new LinchpinError('FILE_TRUNCATED', `"${path}" (PyTorch): ${fact}`, {
    fix: 'Copy or download the file again.'
  })
}

export function unreadable(path: string, fact: string): LinchpinError {
  return new LinchpinError('FORMAT_UNSUPPORTED', `"${path}" (PyTorch): ${fact}`, {
    fix: 'Save its state dict with torch.save or as safetensors, and import that.'
  })
}

import type { TensorEntry } from '../../../checkpoints'
import { renamedTensor } from '../../tensors'
import type { Dialect } from '../../types'

/** The published files of DINOv2 with registers: timm's names, but for the registers. */
export const dinov2: Dialect = {
  name: 'DINOv2',
  translate(tensors) {
    const registers = tensors.get('register_tokens')
    if (registers === undefined || tensors.has('reg_token')) return null
    const translated = new Map<string, TensorEntry>(tensors)
    translated.delete('register_tokens')
    translated.set('reg_token', renamedTensor(registers, 'reg_token'))
    const text = 'The registers of DINOv2, "register_tokens", are timm\'s "reg_token".'
    return { tensors: translated, steps: [{ kind: 'rename', text, names: ['register_tokens'] }] }
  }
}

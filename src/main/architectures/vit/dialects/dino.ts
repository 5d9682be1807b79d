import { dialectOf } from './translation'
import type { NamedTensors } from '../../types'

const BACKBONE = /^backbone\./
/** What DINOv2's and DeiT III's own code calls otherwise than timm. */
const TELLING = /^(register_tokens|mask_token)$|^blocks\.\d+\.(mlp\.w12\.|gamma_[12]$)/

function spoken(tensors: NamedTensors): boolean {
  const names = [...tensors.keys()]
  // DINOv2's classifier stands beside its backbone.
  if (tensors.has('linear_head.weight') && names.some((name) => name.startsWith('backbone.patch_embed.')))
    return true
  return tensors.has('patch_embed.proj.weight') && names.some((name) => TELLING.test(name))
}

/** The names of the repositories of DINO, DINOv2 and DeiT III: timm's, but for a few. */
export const dino = dialectOf({
  name: 'DINOv2 or DeiT III',
  spoken,
  rename: (full) => {
    const name = full.replace(BACKBONE, '')
    if (name === 'mask_token') return null
    return name
      .replace(/^register_tokens$/, 'reg_token')
      .replace(/^linear_head\./, 'head.')
      .replace(/^(blocks\.\d+\.mlp\.)w12\./, '$1fc1.')
      .replace(/^(blocks\.\d+\.mlp\.)w3\./, '$1fc2.')
      .replace(/^(blocks\.\d+\.)gamma_([12])$/, '$1ls$2.gamma')
  }
})

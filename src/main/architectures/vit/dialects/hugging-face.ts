/** transformers' ViT, DeiT and DINOv2: queries, keys and values are three matrices there. */
import type { TensorEntry } from '../../../checkpoints'
import { renamedTensor, stackedTensor } from '../../tensors'
import type { Dialect, NamedTensors } from '../../types'

/** As transformers' configurations have it where they say nothing. */
const EPSILON = 1e-12
const DINOV2_EPSILON = 1e-6

const PARTS: readonly (readonly [RegExp, string])[] = [
  [/^attention\.output\.dense\./, 'attn.proj.'],
  [/^layernorm_before\./, 'norm1.'],
  [/^layernorm_after\./, 'norm2.'],
  [/^intermediate\.dense\./, 'mlp.fc1.'],
  [/^output\.dense\./, 'mlp.fc2.'],
  [/^layer_scale([12])\.lambda1$/, 'ls$1.gamma']
]
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^embeddings\.cls_token$/, 'cls_token'],
  [/^embeddings\.distillation_token$/, 'dist_token'],
  [/^embeddings\.register_tokens$/, 'reg_token'],
  [/^embeddings\.mask_token$/, 'mask_token'],
  [/^embeddings\.position_embeddings$/, 'pos_embed'],
  [/^embeddings\.patch_embeddings\.projection\./, 'patch_embed.proj.'],
  [/^layernorm\./, 'norm.'],
  [/^(cls_)?classifier\./, 'head.'],
  [/^distillation_classifier\./, 'head_dist.']
]
const BLOCK = /^encoder\.layer\.(\d+)\.(.*)$/
const QKV = /^attention\.attention\.(query|key|value)\.(weight|bias)$/

export const huggingFace: Dialect = {
  name: 'Hugging Face’s ViT',
  translate(tensors) {
    const prefix = ['', 'vit.', 'deit.', 'dinov2.', 'dinov2_with_registers.'].find((candidate) =>
      tensors.has(`${candidate}embeddings.patch_embeddings.projection.weight`)
    )
    if (prefix === undefined || !tensors.has(`${prefix}encoder.layer.0.attention.attention.query.weight`)) {
      return null
    }
    const own = new Map(
      [...tensors].map(([name, entry]) => [name.startsWith(prefix) ? name.slice(prefix.length) : name, entry])
    )
    if (own.size !== tensors.size) return null
    const { translated, stacked } = translate(own)
    return {
      tensors: translated,
      steps: [
        {
          kind: 'rename',
          text: 'Names of Hugging Face’s ViT were translated to timm\'s, e.g. "embeddings.position_embeddings" to "pos_embed".',
          names: []
        },
        {
          kind: 'merge',
          text: `Queries, keys and values of ${String(stacked.length)} layers were stacked into one matrix each, e.g. "${stacked[0] ?? ''}".`,
          names: []
        }
      ],
      hints: { epsilon: prefix.startsWith('dinov2') ? DINOV2_EPSILON : EPSILON }
    }
  }
}

function translate(tensors: NamedTensors): { translated: NamedTensors; stacked: readonly string[] } {
  const translated = new Map<string, TensorEntry>()
  const stacked: string[] = []
  for (const [name, entry] of tensors) {
    const [, block, part] = BLOCK.exec(name) ?? []
    const [, which, kind] = QKV.exec(part ?? '') ?? []
    if (block === undefined || part === undefined) {
      const timm = replaced(name, NAMES)
      translated.set(timm, renamedTensor(entry, timm))
    } else if (which === undefined || kind === undefined) {
      const timm = `blocks.${block}.${replaced(part, PARTS)}`
      translated.set(timm, renamedTensor(entry, timm))
    } else if (which === 'query') {
      const timm = `blocks.${block}.attn.qkv.${kind}`
      const parts = ['query', 'key', 'value'].flatMap((role) => {
        const found = tensors.get(`encoder.layer.${block}.attention.attention.${role}.${kind}`)
        return found === undefined ? [] : [found]
      })
      translated.set(timm, stackedTensor(parts, timm))
      if (kind === 'weight') stacked.push(timm)
    }
  }
  return { translated, stacked }
}

function replaced(name: string, patterns: readonly (readonly [RegExp, string])[]): string {
  const found = patterns.find(([pattern]) => pattern.test(name))
  return found === undefined ? name : name.replace(found[0], found[1])
}

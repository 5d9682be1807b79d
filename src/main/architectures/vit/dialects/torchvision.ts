import { renaming } from '../../renaming'
import type { NamedTensors } from '../../types'

const PARTS: Readonly<Record<string, string>> = {
  'ln_1.weight': 'norm1.weight',
  'ln_1.bias': 'norm1.bias',
  'self_attention.in_proj_weight': 'attn.qkv.weight',
  'self_attention.in_proj_bias': 'attn.qkv.bias',
  'self_attention.out_proj.weight': 'attn.proj.weight',
  'self_attention.out_proj.bias': 'attn.proj.bias',
  'ln_2.weight': 'norm2.weight',
  'ln_2.bias': 'norm2.bias',
  'mlp.0.weight': 'mlp.fc1.weight',
  'mlp.0.bias': 'mlp.fc1.bias',
  'mlp.3.weight': 'mlp.fc2.weight',
  'mlp.3.bias': 'mlp.fc2.bias',
  'mlp.linear_1.weight': 'mlp.fc1.weight',
  'mlp.linear_1.bias': 'mlp.fc1.bias',
  'mlp.linear_2.weight': 'mlp.fc2.weight',
  'mlp.linear_2.bias': 'mlp.fc2.bias'
}

/** torchvision's VisionTransformer. */
export const torchvision = renaming(
  'torchvision’s ViT',
  (tensors: NamedTensors) => tensors.has('conv_proj.weight') && tensors.has('encoder.pos_embedding'),
  (name) =>
    name
      .replace(/^class_token$/, 'cls_token')
      .replace(/^conv_proj\./, 'patch_embed.proj.')
      .replace(/^encoder\.pos_embedding$/, 'pos_embed')
      .replace(
        /^encoder\.layers\.encoder_layer_(\d+)\.(.*)$/,
        (_, block: string, part: string) => `blocks.${block}.${PARTS[part] ?? part}`
      )
      .replace(/^encoder\.ln\./, 'norm.')
      .replace(/^heads\.head\./, 'head.')
)

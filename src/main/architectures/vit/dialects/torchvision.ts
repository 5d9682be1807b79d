import { dialectOf } from './translation'

const BLOCK = /^layers\.encoder_layer_(\d+)\./

/** torchvision.models.vision_transformer; `encoder.` may have been taken off. */
export const torchvision = dialectOf({
  name: 'torchvision’s ViT',
  spoken: (tensors) =>
    tensors.has('class_token') && [...tensors.keys()].some((name) => name.startsWith('conv_proj.')),
  rename: (name) =>
    name
      .replace(/^class_token$/, 'cls_token')
      .replace(/^conv_proj\./, 'patch_embed.proj.')
      .replace(/^encoder\./, '')
      .replace(/^pos_embedding$/, 'pos_embed')
      .replace(/^ln\./, 'norm.')
      .replace(/^heads\.head\./, 'head.')
      .replace(/^heads\.pre_logits\./, 'pre_logits.fc.')
      .replace(BLOCK, 'blocks.$1.')
      .replace(/^(blocks\.\d+\.)ln_([12])\./, '$1norm$2.')
      .replace(/^(blocks\.\d+\.)self_attention\.in_proj_(weight|bias)$/, '$1attn.qkv.$2')
      .replace(/^(blocks\.\d+\.)self_attention\.out_proj\./, '$1attn.proj.')
      // Before 0.13 the MLP's layers had names of their own.
      .replace(/^(blocks\.\d+\.)mlp\.(0|linear_1)\./, '$1mlp.fc1.')
      .replace(/^(blocks\.\d+\.)mlp\.(3|linear_2)\./, '$1mlp.fc2.')
})

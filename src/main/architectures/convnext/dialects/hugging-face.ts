import { renaming } from '../../renaming'
import { flat, RESPONSES } from './flat'

const PART: Readonly<Record<string, string>> = {
  dwconv: 'conv_dw',
  layernorm: 'norm',
  pwconv1: 'mlp.fc1',
  pwconv2: 'mlp.fc2',
  grn: 'mlp.grn'
}
const LAYER =
  /^(?:convnext(?:v2)?\.)?encoder\.stages\.(\d+)\.layers\.(\d+)\.(dwconv|layernorm|pwconv[12]|grn)\./
const SCALE = /^(?:convnext(?:v2)?\.)?encoder\.stages\.(\d+)\.layers\.(\d+)\.layer_scale_parameter$/
const DOWN = /^(?:convnext(?:v2)?\.)?encoder\.stages\.(\d+)\.downsampling_layer\.([01])\./
const EMBEDDINGS = /^(?:convnext(?:v2)?\.)?embeddings\.(patch_embeddings|layernorm)\./

/** transformers' ConvNext and ConvNextV2, for classification or without a classifier. */
export const huggingFace = flat(
  RESPONSES,
  renaming(
    'Hugging Face’s ConvNeXt',
    (tensors) => [...tensors.keys()].some((name) => LAYER.test(name)),
    (name) =>
      name
        .replace(EMBEDDINGS, (_, part: string) => (part === 'layernorm' ? 'stem.1.' : 'stem.0.'))
        .replace(DOWN, 'stages.$1.downsample.$2.')
        .replace(SCALE, 'stages.$1.blocks.$2.gamma')
        .replace(
          LAYER,
          (_, stage: string, block: string, part: string) =>
            `stages.${stage}.blocks.${block}.${PART[part] ?? part}.`
        )
        .replace(/^grn\.beta$/, 'grn.bias')
        .replace(/^(?:convnext(?:v2)?\.)?layernorm\./, 'head.norm.')
        .replace(/^classifier\./, 'head.fc.'),
    // The default of its config, for the last norm alone; the others have 1e-6.
    { hints: { epsilon: 1e-12, naming: 'hugging-face' } }
  )
)

import { renaming } from '../../renaming'
import { flat, RESPONSES } from './flat'

const PART: Readonly<Record<string, string>> = {
  dwconv: 'conv_dw',
  norm: 'norm',
  pwconv1: 'mlp.fc1',
  pwconv2: 'mlp.fc2'
}

/** Facebook's code of both versions. */
export const facebook = flat(
  RESPONSES,
  renaming(
    'Facebook’s ConvNeXt',
    (tensors) => tensors.has('downsample_layers.0.0.weight') && tensors.has('stages.0.0.dwconv.weight'),
    (name) =>
      name
        .replace(/^downsample_layers\.0\.([01])\./, 'stem.$1.')
        .replace(/^downsample_layers\.(\d+)\.([01])\./, 'stages.$1.downsample.$2.')
        .replace(
          /^stages\.(\d+)\.(\d+)\.(dwconv|norm|pwconv[12])\./,
          (_, stage: string, block: string, part: string) =>
            `stages.${stage}.blocks.${block}.${PART[part] ?? part}.`
        )
        .replace(/^stages\.(\d+)\.(\d+)\.gamma$/, 'stages.$1.blocks.$2.gamma')
        .replace(/^stages\.(\d+)\.(\d+)\.grn\.gamma$/, 'stages.$1.blocks.$2.mlp.grn.weight')
        .replace(/^stages\.(\d+)\.(\d+)\.grn\.beta$/, 'stages.$1.blocks.$2.mlp.grn.bias')
        .replace(/^norm\./, 'head.norm.')
        .replace(/^head\.(weight|bias)$/, 'head.fc.$1')
  )
)

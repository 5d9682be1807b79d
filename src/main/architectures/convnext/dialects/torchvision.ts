import { renaming } from '../../renaming'
import { flat } from './flat'

const PART: Readonly<Record<string, string>> = { '0': 'conv_dw', '2': 'norm', '3': 'mlp.fc1', '5': 'mlp.fc2' }
const BLOCK = /^features\.(\d*[13579])\.(\d+)\.block\.([0235])\./
const SCALE = /^features\.(\d*[13579])\.(\d+)\.layer_scale$/
const DOWN = /^features\.(\d*[2468])\.([01])\./

/** Places 1, 3, 5, 7 are stages, 2, 4, 6 what reduces the size before the next. */
const stageOf = (place: string): string => String(Math.floor(Number(place) / 2))

/** LayerScale is [C, 1, 1] there. */
export const torchvision = flat(
  /\.gamma$/,
  renaming(
    'torchvision’s ConvNeXt',
    (tensors) => tensors.has('features.0.0.weight') && tensors.has('features.1.0.layer_scale'),
    (name) =>
      name
        .replace(/^features\.0\.([01])\./, 'stem.$1.')
        .replace(DOWN, (_, place: string, part: string) => `stages.${stageOf(place)}.downsample.${part}.`)
        .replace(
          BLOCK,
          (_, place: string, block: string, part: string) =>
            `stages.${stageOf(place)}.blocks.${block}.${PART[part] ?? part}.`
        )
        .replace(SCALE, (_, place: string, block: string) => `stages.${stageOf(place)}.blocks.${block}.gamma`)
        .replace(/^classifier\.0\./, 'head.norm.')
        .replace(/^classifier\.2\./, 'head.fc.')
  )
)

import { renaming } from '../renaming'

/** Blocks a stage; torchvision numbers the blocks throughout. */
const DEPTHS = [1, 2, 3, 4, 3, 3, 1]
/** Places in the sequence `features`: 0 is the stem, 1 to 17 are blocks, 18 is the last convolution. */
const BLOCKS = DEPTHS.flatMap((depth, stage) =>
  Array.from({ length: depth }, (_, block) => `blocks.${String(stage)}.${String(block)}`)
)
const HEAD = BLOCKS.length + 1

/** Parts of the first block, which expands nothing, and of the others. */
const FIRST: Readonly<Record<string, string>> = { '0.0': 'conv_dw', '0.1': 'bn1', '1': 'conv_pw', '2': 'bn2' }
const OTHER: Readonly<Record<string, string>> = {
  '0.0': 'conv_pw',
  '0.1': 'bn1',
  '1.0': 'conv_dw',
  '1.1': 'bn2',
  '2': 'conv_pwl',
  '3': 'bn3'
}

/** torchvision's MobileNetV2, as deep as it is there. */
export const torchvision = renaming(
  'torchvision’s MobileNetV2',
  (tensors) =>
    tensors.has('features.0.0.weight') &&
    tensors.has('features.1.conv.0.0.weight') &&
    tensors.has(`features.${String(HEAD)}.0.weight`),
  (name) =>
    name
      .replace(/^features\.0\.0\./, 'conv_stem.')
      .replace(/^features\.0\.1\./, 'bn1.')
      .replace(/^features\.(\d+)\.conv\.(\d(?:\.\d)?)\./, (whole, place: string, part: string) => {
        const block = BLOCKS[Number(place) - 1]
        const own = (place === '1' ? FIRST : OTHER)[part]
        return block === undefined || own === undefined ? whole : `${block}.${own}.`
      })
      .replace(new RegExp(`^features\\.${String(HEAD)}\\.0\\.`), 'conv_head.')
      .replace(new RegExp(`^features\\.${String(HEAD)}\\.1\\.`), 'bn2.')
      .replace(/^classifier\.1\./, 'classifier.')
)

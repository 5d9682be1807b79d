import { renaming } from '../renaming'

/** Parts of the first stage's blocks, which expand nothing, and of the others'. */
const FIRST: Readonly<Record<string, string>> = {
  '0.0': 'conv_dw',
  '0.1': 'bn1',
  '1.fc1': 'se.conv_reduce',
  '1.fc2': 'se.conv_expand',
  '2.0': 'conv_pw',
  '2.1': 'bn2'
}
const OTHER: Readonly<Record<string, string>> = {
  '0.0': 'conv_pw',
  '0.1': 'bn1',
  '1.0': 'conv_dw',
  '1.1': 'bn2',
  '2.fc1': 'se.conv_reduce',
  '2.fc2': 'se.conv_expand',
  '3.0': 'conv_pwl',
  '3.1': 'bn3'
}

/** torchvision's EfficientNet, B0 to B7; version 2 has no squeeze-and-excitation in its first stage. */
export const torchvision = renaming(
  'torchvision’s EfficientNet',
  (tensors) => tensors.has('features.0.0.weight') && tensors.has('features.1.0.block.1.fc1.weight'),
  (name) =>
    name
      .replace(/^features\.0\.0\./, 'conv_stem.')
      .replace(/^features\.0\.1\./, 'bn1.')
      .replace(
        /^features\.([1-7])\.(\d+)\.block\.(\d\.(?:fc)?\d)\./,
        (whole, stage: string, block: string, part: string) => {
          const own = (stage === '1' ? FIRST : OTHER)[part]
          return own === undefined ? whole : `blocks.${String(Number(stage) - 1)}.${block}.${own}.`
        }
      )
      .replace(/^features\.8\.0\./, 'conv_head.')
      .replace(/^features\.8\.1\./, 'bn2.')
      .replace(/^classifier\.1\./, 'classifier.'),
  { hints: { naming: 'torchvision' } }
)

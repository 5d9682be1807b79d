import { renaming } from '../../renaming'

/** Modules of a block's sequence; batch norm and ReLU are a sequence of their own. */
const PARTS: Readonly<Record<string, string>> = {
  'net.0': 'conv1',
  'net.1.0': 'bn1',
  'net.2': 'conv2',
  'net.3.0': 'bn2',
  'net.4': 'conv3',
  'net.5.0': 'bn3',
  'projection.shortcut': 'downsample.0',
  'projection.bn.0': 'downsample.1'
}
const BLOCK =
  /^net\.([1-9]\d*)\.blocks\.(\d+)\.(net\.[024]|net\.[135]\.0|projection\.shortcut|projection\.bn\.0)\./

/**
 * SimCLRv2's ResNets (Chen et al., arXiv 2006.10029) as converted from TensorFlow: `net.0` is the stem, `net.S` a stage.
 * They were trained on pixels in [0, 1], without normalisation. Those with selective kernels have other parts and are
 * refused. The converter's own network pads symmetrically, as PyTorch's ResNets do, and so does this one.
 */
export const simclr = renaming(
  'SimCLRv2’s conversion from TensorFlow',
  (tensors) => tensors.has('net.0.0.weight') && tensors.has('net.1.blocks.0.net.0.weight'),
  (name) =>
    name
      .replace(/^net\.0\.0\./, 'conv1.')
      .replace(/^net\.0\.1\.0\./, 'bn1.')
      .replace(
        BLOCK,
        (_, stage: string, block: string, part: string) => `layer${stage}.${block}.${PARTS[part] ?? part}.`
      ),
  { normalization: { mean: [0, 0, 0], std: [1, 1, 1] } }
)

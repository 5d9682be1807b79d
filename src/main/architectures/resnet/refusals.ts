/** Relatives of the ResNet that have its names but compute something else. */
import type { ModelConfig } from '../../checkpoints'
import type { TensorShapes } from '../types'

/** Names that only they have, and what they are called. */
const RELATIVES: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/\.filt$|\.blur\b/, 'blur pooling (anti-aliasing)'],
  [/(^|\.)attnpool\./, "CLIP's attention pooling"],
  [/\.eca\.|\.se\.conv\./, 'efficient channel attention (ECA)'],
  [/\.conv\d\.(paths|attn)\.|\.conv_kernel\.|(main|mixing)_conv\./, 'selective kernels (SKNet)'],
  [/\.convs\.\d+\./, 'hierarchical convolutions (Res2Net)'],
  [/\.conv2\.(conv|bn0|bn1|fc1|fc2)\./, 'split attention (ResNeSt)'],
  [/\.bn\d\.(IN|BN)\./, 'instance and batch norm side by side (IBN)'],
  [/\.(cbam|gc|ge|nl|cecam)\./, 'an attention module'],
  [/\.se_?\w*\./, 'squeeze-and-excitation modules in another arrangement than timm’s']
]

/** Modules of a ResNet, or of SimCLRv2's; elsewhere the patterns say nothing. */
const OWN = /^(conv\d|bn\d|layer\d+|fc|maxpool|attnpool|net)\./

/** timm's names of ResNets with blur or average pooling for anti-aliasing, which no tensor tells. */
const ANTI_ALIASED = /^(se)?res(net|next)(blur|aa)\d/

/** What keeps these tensors from being a ResNet that is built; null: nothing that has a name. */
export function relativeOf(shapes: TensorShapes, targets: TensorShapes): string | null {
  const others = [...shapes.keys()].filter((name) => !targets.has(name) && OWN.test(name))
  for (const [pattern, what] of RELATIVES) if (others.some((name) => pattern.test(name))) return what
  return shapes.has('bn1.weight') && !shapes.has('bn1.running_mean')
    ? 'norms without running statistics (group norm)'
    : null
}

/** A network that has the same tensors and computes something else, by what a config says; null: none. */
export function unlikeOf(config: ModelConfig | null): string | null {
  if (config === null) return null
  const { architecture, activation, stride } = config
  if (architecture !== null && ANTI_ALIASED.test(architecture)) return `"${architecture}" (anti-aliasing)`
  if (activation !== null && activation.toLowerCase() !== 'relu') return `the activation "${activation}"`
  return stride === 'first-stage' ? 'a first stage that halves the resolution' : null
}

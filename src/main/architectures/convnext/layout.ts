/** What a ConvNeXt looks like, inferred from the names and shapes of its tensors. */
import { countOf, type Modules } from '../modules'
import type { Hints, TensorShapes } from '../types'

/** timm's, torchvision's and Facebook's. */
const EPSILON = 1e-6
/** timm's and OpenCLIP's convnext_xxlarge alone. */
const XXLARGE = { depths: '3,4,30,3', width: 384, epsilon: 1e-5 }
/** timm's test_convnext, 2 and 3: the approximate GELU and another ε, which no tensor tells. */
const TEST_MODELS = ['1,2,4,2/24,32,48,64', '1,1,1,1/32,64,96,128']

export interface Block {
  /** Module path, e.g. `stages.0.blocks.0`. */
  readonly name: string
  readonly width: number
  /** Of the depthwise convolution. */
  readonly kernel: number
}

export interface Stage {
  readonly name: string
  /** Layer norm and a 2 × 2 convolution of stride 2 before the blocks. */
  readonly downsample: boolean
  readonly blocks: readonly Block[]
}

export interface ConvNeXt {
  /** One convolution of 4 × 4, or two of 3 × 3 with stride 2. */
  readonly stem: 'patch' | 'overlap'
  readonly stages: readonly Stage[]
  /** Whether the pointwise layers are convolutions of 1 × 1, as in timm's small models. */
  readonly convolutional: boolean
  /** LayerScale: V1 has it. */
  readonly scaled: boolean
  /** Global response normalisation: V2 has it. */
  readonly responses: boolean
  /** Whether the last norm stands before the pooling. */
  readonly normFirst: boolean
  /** Whether the classifier has a hidden layer. */
  readonly hidden: boolean
  readonly epsilon: number
  /** Of the last norm. */
  readonly lastEpsilon: number
}

const FIRST_BLOCK = 'stages.0.blocks.0'

export function isConvNeXt(modules: Modules): boolean {
  return modules.has(`${FIRST_BLOCK}.conv_dw`) && modules.has(`${FIRST_BLOCK}.mlp`)
}

/** Null: it is one of the models that look like others and compute something else. */
export function layoutOf(shapes: TensorShapes, modules: Modules, hints: Hints): ConvNeXt | null {
  const stageCount = countOf((i) => modules.has(`stages.${String(i)}.blocks.0`))
  const stages = Array.from({ length: stageCount }, (_, i) => stageOf(shapes, modules, i))
  const blocks = stages.flatMap((stage) => stage.blocks)
  const depths = stages.map((stage) => stage.blocks.length).join()
  const widths = stages.map((stage) => stage.blocks[0]?.width ?? 0)
  if (TEST_MODELS.includes(`${depths}/${widths.join()}`)) return null
  const usual = depths === XXLARGE.depths && widths[0] === XXLARGE.width ? XXLARGE.epsilon : EPSILON
  const given = hints.epsilon ?? usual
  return {
    stem: modules.has('stem.2') ? 'overlap' : 'patch',
    stages,
    convolutional: shapes.get(`${FIRST_BLOCK}.mlp.fc1.weight`)?.length === 4,
    // One block that has it and one that has not are no network: the missing one is refused.
    scaled: blocks.some(({ name }) => shapes.has(`${name}.gamma`)),
    responses: blocks.some(({ name }) => modules.has(`${name}.mlp.grn`)),
    normFirst: modules.has('norm_pre'),
    hidden: modules.has('head.pre_logits'),
    // transformers' config sets the last norm's alone.
    epsilon: hints.naming === 'hugging-face' ? EPSILON : given,
    lastEpsilon: given
  }
}

function stageOf(shapes: TensorShapes, modules: Modules, index: number): Stage {
  const name = `stages.${String(index)}`
  const count = countOf((i) => modules.has(`${name}.blocks.${String(i)}`))
  const blocks = Array.from({ length: count }, (_, i) => `${name}.blocks.${String(i)}`)
  return {
    name,
    downsample: index > 0,
    blocks: blocks.map((block) => ({
      name: block,
      width: shapes.get(`${block}.conv_dw.weight`)?.[0] ?? 0,
      kernel: shapes.get(`${block}.conv_dw.weight`)?.[2] ?? 7
    }))
  }
}

/** What no tensor tells and a config does: activation, pooling, strides. */
import { describe, expect, it } from 'vitest'
import { modelFacts } from '../../../src/main/checkpoints/config/hugging-face'
import { timmFacts } from '../../../src/main/checkpoints/config/timm'
import { unlikeOf as resNetUnlike } from '../../../src/main/architectures/resnet/refusals'
import { unlikeOf as vitUnlike } from '../../../src/main/architectures/vit/refusals'
import type { ModelConfig } from '../../../src/main/checkpoints'

const fields = (config: object): Map<string, unknown> => new Map(Object.entries(config))

function configOf(facts: ReturnType<typeof modelFacts>): ModelConfig {
  expect(facts).not.toBeNull()
  const { inputSize, cropFraction, interpolation, ...rest } = facts!
  return { files: [], preprocessing: { inputSize, cropFraction, interpolation }, ...rest }
}

describe('a config of transformers', () => {
  it.each([
    [{ hidden_act: 'relu' }, null],
    [{ hidden_act: 'gelu' }, 'the activation "gelu"'],
    [{ hidden_act: 'relu', downsample_in_bottleneck: true }, null],
    [{ hidden_act: 'relu', downsample_in_first_stage: true }, 'a first stage that halves the resolution']
  ])('of a ResNet, %j', (said, unlike) => {
    const config = configOf(modelFacts(fields({ architectures: ['ResNetForImageClassification'], ...said })))
    expect(resNetUnlike(config)).toBe(unlike)
    expect(config.stride === 'first-convolution').toBe('downsample_in_bottleneck' in said)
  })

  it.each([
    ['gelu', null],
    ['quick_gelu', null],
    ['relu', 'the activation "relu"']
  ])('of a ViT with %s', (activation, unlike) => {
    const config = configOf(modelFacts(fields({ model_type: 'vit', hidden_act: activation })))
    expect(vitUnlike(config, false)).toBe(unlike)
    expect(vitUnlike(config, true)).toBeNull()
  })
})

it('is read from timm’s pooling and model_args', () => {
  const facts = timmFacts(
    fields({ architecture: 'vit_tiny', global_pool: 'avg', model_args: { act_layer: 'silu' } })
  )
  expect(facts).toMatchObject({ pooling: 'avg', activation: 'silu' })
})

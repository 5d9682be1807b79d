import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { nameFromNode, placeOf, withoutSharedWrapper } from '../../../src/main/graph/layers/names'
import { fixture } from '../../support/golden'

interface Named {
  readonly node: string
  readonly module: string
}

/** Node names that PyTorch's exporter wrote for modules of known paths: test/fixtures/make_names.py. */
const exported = JSON.parse(readFileSync(fixture('graph/names.json'), 'utf8')) as {
  plain: Named[]
  wrapped: Named[]
}

describe('the module path in a node name of the TorchScript exporter', () => {
  it.each([...exported.plain, ...exported.wrapped])('$node', ({ node, module }) => {
    expect(nameFromNode(node)).toBe(module)
  })

  it.each(['', 'Conv_12', '/Conv', 'node_Conv_300', 'layer1/conv/Conv'])('%j holds none', (name) => {
    expect(nameFromNode(name)).toBeNull()
  })
})

// Module names of models in timm, torchvision and transformers.
it.each([
  ['conv1', null, null],
  ['fc', null, null],
  ['head.fc', null, null],
  ['layer1.0.conv2', 'layer1', 'layer1.0'],
  ['layer4.2.downsample.0', 'layer4', 'layer4.2'],
  ['layer3.11', 'layer3', 'layer3.11'],
  ['stages.2.blocks.1.mlp.fc1', 'stages.2', 'stages.2.blocks.1'],
  ['stages.1.downsample.1', 'stages.1', null],
  ['stages.0.0.dwconv', 'stages.0', 'stages.0.0'],
  ['blocks.3.attn.qkv', null, 'blocks.3'],
  ['blocks.2.1.conv_pw', 'blocks.2', 'blocks.2.1'],
  ['layers.0.blocks.1.attn.qkv', 'layers.0', 'layers.0.blocks.1'],
  ['layers.1.downsample.reduction', 'layers.1', null],
  ['encoder.layers.encoder_layer_0.mlp.3', null, 'encoder.layers.encoder_layer_0'],
  ['vit.encoder.layer.11.attention.attention.query', null, 'vit.encoder.layer.11'],
  [
    'resnet.encoder.stages.0.layers.1.layer.0.convolution',
    'resnet.encoder.stages.0',
    'resnet.encoder.stages.0.layers.1'
  ],
  [
    'convnext.encoder.stages.2.layers.0.dwconv',
    'convnext.encoder.stages.2',
    'convnext.encoder.stages.2.layers.0'
  ],
  ['features.0', null, null],
  ['features.1.0.block.3', 'features.1', 'features.1.0'],
  ['features.0.0', 'features.0', null],
  ['features.4.conv.1.0', null, 'features.4'],
  ['s2.b1.conv1.conv', 's2', 's2.b1'],
  ['model.layer2.0.bn1', 'model.layer2', 'model.layer2.0'],
  ['encoder.layers.5.mlp', null, 'encoder.layers.5'],
  ['features.denseblock2.denselayer7.conv2', 'features.denseblock2', 'features.denseblock2.denselayer7'],
  ['features.transition1.conv', null, null],
  ['trunk_output.block2.block2-0.f.a.0', 'trunk_output.block2', 'trunk_output.block2.block2-0'],
  ['blocks.1.layers.0.layers.MBconv.layers.conv_a.0', 'blocks.1', 'blocks.1.layers.0'],
  ['poolformer.encoder.block.1.0.output.conv1', 'poolformer.encoder.block.1', 'poolformer.encoder.block.1.0'],
  ['Mixed_5b.branch3x3dbl_2.conv', null, 'Mixed_5b'],
  ['inception4c.branch2.0.conv', null, 'inception4c'],
  ['blocks_token_only.1.attn.v', null, 'blocks_token_only.1'],
  ['cls_attn_blocks.0.mlp.fc1', null, 'cls_attn_blocks.0'],
  ['player1.0.conv', null, null]
])('%s stands in stage %j, block %j', (name, stage, block) => {
  expect(placeOf(name)).toEqual({ stage, block })
})

it('takes off wrappers that all names share, and no others', () => {
  expect(withoutSharedWrapper(['module.model.conv1', 'module.model.fc'])).toEqual(['conv1', 'fc'])
  expect(withoutSharedWrapper(['model.conv1', 'fc'])).toEqual(['model.conv1', 'fc'])
  expect(withoutSharedWrapper([])).toEqual([])
})

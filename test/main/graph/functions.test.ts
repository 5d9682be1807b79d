/** Graphs within graphs: local functions, branches. Logits by hand: small whole numbers. */
import { create } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import {
  refuseQuantised,
  subgraphsWithWeights,
  withoutFunctions,
  type OnnxModel
} from '../../../src/main/graph'
import { withGraph } from '../../../src/main/graph/model'
import { changed } from '../../../src/main/graph/nodes'
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  FunctionProtoSchema,
  GraphProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProtoSchema
} from '../../../src/main/graph/proto/onnx_pb'
import { floatTensor } from '../../../src/main/graph/tensors'
import { run } from '../../support/forward'
import {
  affine,
  classifier,
  constantImages,
  floatValue,
  layersOf,
  node,
  withOwnValues
} from '../../support/graphs'

const rows = [
  [1, 2, 3],
  [-1, 0, 4]
]
const W = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, -1, -2, -3)
const B = Float32Array.of(10, 20, 30, 40)
const images = constantImages(rows)
const sizes = { n: 2, height: 4, width: 4 }

describe('local functions', () => {
  const linear = create(FunctionProtoSchema, {
    name: 'Linear',
    domain: 'module',
    input: ['x', 'w', 'b'],
    output: ['y'],
    attribute: ['turned'],
    opsetImport: [create(OperatorSetIdProtoSchema, { domain: '', version: 17n })],
    node: [
      changed(node('Gemm', 'gemm', ['x', 'w', 'b'], ['product']), {
        attribute: [
          create(AttributeProtoSchema, {
            name: 'transB',
            type: AttributeProto_AttributeType.INT,
            refAttrName: 'turned'
          })
        ]
      }),
      node('Identity', 'same', ['product'], ['y'])
    ]
  })
  const outer = create(FunctionProtoSchema, {
    name: 'Block',
    domain: 'module',
    input: ['x', 'w', 'b'],
    output: ['z'],
    opsetImport: linear.opsetImport,
    node: [
      changed(node('Linear', 'inner', ['x', 'w', 'b'], ['z']), {
        domain: 'module',
        attribute: [
          create(AttributeProtoSchema, { name: 'turned', type: AttributeProto_AttributeType.INT, i: 1n })
        ]
      })
    ]
  })

  function called(functions: OnnxModel['functions'], opType: string): OnnxModel {
    const plain = classifier(4, (graph, x) => {
      graph.parameter('fc.weight', [4, 3], W)
      graph.parameter('fc.bias', [4], B)
      return x
    })
    const [features = ''] = plain.graph.node.at(-1)!.output
    const call = changed(node(opType, 'fc', [features, 'fc.weight', 'fc.bias'], ['logits']), {
      domain: 'module'
    })
    return {
      ...withGraph(plain, {
        ...plain.graph,
        node: [...plain.graph.node, call],
        output: [floatValue('logits', [null, 4])]
      }),
      functions,
      opsetImport: [...plain.opsetImport, create(OperatorSetIdProtoSchema, { domain: 'module', version: 1n })]
    }
  }

  it('are put in their places, also within each other', async () => {
    const model = withoutFunctions(called([linear, outer], 'Block'))
    expect(model.functions).toEqual([])
    expect(layersOf(model).map(({ name, shape }) => [name, shape])).toEqual([['fc', [4, 3]]])
    expect([...(await run(model, images, sizes))]).toEqual(affine(rows, W, B))
    expect([...(await run(withOwnValues(model), images, sizes))]).toEqual(affine(rows, W, B))
  })

  it('that call themselves are refused', () => {
    const endless = changed(outer, {
      node: [changed(node('Block', 'inner', ['x', 'w', 'b'], ['z']), { domain: 'module' })]
    })
    expect(() => withoutFunctions(called([endless], 'Block'))).toThrow('"Block" calls itself')
  })

  it('of another operator set are refused, with what to do', () => {
    const other = changed(linear, {
      opsetImport: [create(OperatorSetIdProtoSchema, { domain: '', version: 9n })]
    })
    expect(() => withoutFunctions(called([other], 'Linear'))).toThrow('uses operator set 9')
  })
})

it('quantised weights are refused by name', () => {
  const model = classifier(4, (graph, x) => {
    const weight = graph.parameter('fc.weight', [3, 4], W)
    return graph.node('MatMul', 'fc', [x, graph.node('DequantizeLinear', 'deq', [weight, weight])])
  })
  expect(() => {
    refuseQuantised(model)
  }).toThrow('it has nodes of type "DequantizeLinear"')
})

it('weights in branches are told of, sizes are not', () => {
  const choice = (weights: number): OnnxModel => {
    const model = classifier(3, (graph, x) =>
      graph.node('MatMul', 'fc', [x, graph.parameter('fc.weight', [3, 3], new Float32Array(9))])
    )
    const branch = create(GraphProtoSchema, {
      name: 'then',
      initializer: [floatTensor('w', [weights], new Float32Array(weights))],
      node: [node('Add', 'a', ['fc/output', 'w'], ['then'])],
      output: [floatValue('then', [null, 3])]
    })
    const branching = node('If', 'choice', ['condition'], ['logits'])
    branching.attribute = ['then_branch', 'else_branch'].map((name) =>
      create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.GRAPH, g: branch })
    )
    return withGraph(model, {
      ...model.graph,
      node: [...model.graph.node, branching],
      initializer: [
        ...model.graph.initializer,
        create(TensorProtoSchema, { name: 'condition', dataType: 9 })
      ],
      output: [floatValue('logits', [null, 3])]
    })
  }
  expect(subgraphsWithWeights(choice(48))).toEqual(['If'])
  expect(subgraphsWithWeights(choice(3))).toEqual([])
})

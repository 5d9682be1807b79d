import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import { inspectCheckpoint, loadClassifier } from '../../../src/main/architectures'
import { openCheckpoint } from '../../../src/main/checkpoints'
import { replaceParameters, writeModel, type OnnxModel } from '../../../src/main/graph'
import { readModel } from '../../../src/main/graph/model'
import {
  ModelProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation
} from '../../../src/main/graph/proto/onnx_pb'
import { temporaryFolder } from '../../support/folder'
import { irregular } from '../../support/forward'
import { golden } from '../../support/golden'
import { classifier, layersOf } from '../../support/graphs'
import { expectProblem } from '../../support/problems'

function written(bytes: Uint8Array, name = 'model.onnx', folder = temporaryFolder()): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

const tiny = (): OnnxModel =>
  classifier(4, (graph, x) =>
    graph.node('MatMul', 'fc', [
      x,
      graph.parameter(
        'fc.weight',
        [3, 4],
        Float32Array.from({ length: 12 }, (_, i) => i)
      )
    ])
  )

describe('an ONNX file', () => {
  it('is read whatever it is named', async () => {
    const bytes = readFileSync(golden('model.onnx'))
    for (const name of ['model.safetensors', 'model.pth', 'model']) {
      const { inspection } = await inspectCheckpoint(written(bytes, name))
      expect(inspection).toMatchObject({ format: 'onnx', classes: 10 })
      expect(inspection.error).toBeUndefined()
    }
  })

  it.each([1, 2, 3, 10, 100, 5_000, 300_000])('cut to %i bytes is refused', async (length) => {
    const path = written(readFileSync(golden('model.onnx')).subarray(0, length))
    const problem = await expectProblem(openCheckpoint(path), 'FORMAT_INVALID', path)
    expect(problem.fix).toBeDefined()
  })

  it('without its last byte is refused', async () => {
    const bytes = readFileSync(golden('model.onnx'))
    await expectProblem(openCheckpoint(written(bytes.subarray(0, -1))), 'FORMAT_INVALID', 'truncated')
  })

  it.each([1, 2, 3, 4, 5])('of random bytes (%i) is refused', async (salt) => {
    const bytes = new Uint8Array(irregular(5000, salt).buffer)
    await expectProblem(openCheckpoint(written(bytes)), 'FORMAT_INVALID')
  })

  it('without nodes is refused', async () => {
    const empty = { ...tiny(), graph: { ...tiny().graph, node: [] } }
    await expectProblem(openCheckpoint(written(writeModel(empty))), 'FORMAT_INVALID', 'no graph')
  })

  it('whose tensor has too few values is refused', async () => {
    const model = tiny()
    model.graph.initializer[0]!.rawData = new Uint8Array(40)
    const path = written(writeModel(model))
    await expectProblem(loadClassifier(path), 'FORMAT_INVALID', '"fc.weight"', 'needs 12 values and has 10')
  })
})

describe('external data', () => {
  /** A model whose 48 bytes of weights are elsewhere. */
  function external(entries: Record<string, string>): Uint8Array {
    const model = tiny()
    const [tensor] = model.graph.initializer
    tensor!.rawData = new Uint8Array()
    tensor!.dataLocation = TensorProto_DataLocation.EXTERNAL
    tensor!.externalData = Object.entries(entries).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value })
    )
    return writeModel(model)
  }
  const values = new Uint8Array(Float32Array.from({ length: 12 }, (_, i) => i).buffer)

  it.each([
    ['all of a file', { location: 'weights.bin' }, 0, 0],
    ['a part of a file', { location: 'weights.bin', offset: '16', length: '48' }, 16, 9],
    ['the rest of a file', { location: 'weights.bin', offset: '16' }, 16, 0],
    ['a folder beside it', { location: 'sub/../weights.bin' }, 0, 0]
  ])('is read from %s', async (_, entries, before, after) => {
    const folder = temporaryFolder()
    const data = Buffer.concat([Buffer.alloc(before, 1), values, Buffer.alloc(after, 2)])
    writeFileSync(join(folder, 'weights.bin'), data)
    const { layers, files, inspection } = await loadClassifier(
      written(external(entries), 'model.onnx', folder)
    )
    expect(layers[0]!.shape).toEqual([4, 3])
    expect([...layers[0]!.tensors[0]!.read()]).toEqual([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
    expect(files).toEqual([join(folder, 'model.onnx'), join(folder, 'weights.bin')])
    expect(inspection.container).toBe('external data')
  })

  it('that is not there is named', async () => {
    const folder = temporaryFolder()
    const path = written(external({ location: 'weights.bin' }), 'model.onnx', folder)
    const problem = await expectProblem(openCheckpoint(path), 'FILE_NOT_FOUND', '"weights.bin"')
    expect(problem.fix).toContain('drop both together')
  })

  it.each([
    ['too short', 47],
    ['shorter than its offset', 3]
  ])('that is %s is refused', async (_, size) => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'weights.bin'), new Uint8Array(size))
    const entries = { location: 'weights.bin', offset: '4', length: '44' }
    const path = written(external(entries), 'model.onnx', folder)
    await expectProblem(openCheckpoint(path), 'FILE_TRUNCATED', 'weights.bin')
  })

  it('of another size than the tensor is refused', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'weights.bin'), new Uint8Array(100))
    const path = written(external({ location: 'weights.bin', length: '52' }), 'model.onnx', folder)
    await expectProblem(loadClassifier(path), 'FORMAT_INVALID', 'needs 12 values and has 13')
  })

  it.each(['../x', '/etc/hostname', 'a/../../x', '..'])(
    'outside the folder (%s) is refused',
    async (location) => {
      const problem = await expectProblem(openCheckpoint(written(external({ location }))), 'FORMAT_INVALID')
      expect(problem.message).toContain(`"${location}"`)
    }
  )

  it.each<Record<string, string>>([{ offset: '4' }, { location: 'weights.bin', offset: 'many' }])(
    'with the entries %j is refused',
    async (entries) => {
      await expectProblem(openCheckpoint(written(external(entries))), 'FORMAT_INVALID', '"fc.weight"')
    }
  )

  it('of PyTorch’s newer exporter is one checkpoint of two files', async () => {
    const checkpoint = await openCheckpoint(golden('model_dynamo.onnx'))
    expect(checkpoint.files).toEqual([golden('model_dynamo.onnx'), golden('model_dynamo.onnx.data')])
    await checkpoint.close()
  })
})

describe('fields that this program does not know', () => {
  // Field 999, length-delimited (999 << 3 | 2 as a varint), holding "later".
  const unknown = Buffer.from([0xba, 0x3e, 5, ...Buffer.from('later')])
  const field = (number: number, bytes: Uint8Array): Buffer => {
    const length = []
    for (let rest = bytes.length; ; rest >>= 7) {
      length.push(rest > 127 ? (rest & 127) | 128 : rest)
      if (rest <= 127) break
    }
    return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), bytes])
  }

  it('of a model survive reading and writing', () => {
    const bytes = Buffer.concat([readFileSync(golden('model.onnx')), unknown])
    const again = Buffer.from(writeModel(readModel(bytes, 'model.onnx')))
    expect(again.includes(unknown)).toBe(true)
    expect(again.length).toBe(bytes.length)
  })

  it('of a graph survive the replacement of a layer', () => {
    // A second occurrence of ModelProto.graph (field 7) is merged into the first, as protobuf prescribes.
    const bytes = Buffer.concat([toBinary(ModelProtoSchema, tiny()), field(7, unknown)])
    const model = readModel(bytes, 'model.onnx')
    expect(model.graph.node.length).toBe(tiny().graph.node.length)
    const parameter = layersOf(model)[0]!.tensors[0]!
    const replaced = replaceParameters(model, [{ parameter, values: new Float32Array(12) }])
    const again = fromBinary(ModelProtoSchema, writeModel(replaced))
    expect(again.graph!.$unknown?.map(({ no }) => no)).toEqual([999])
  })
})

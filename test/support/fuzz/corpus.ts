/** Sound checkpoints of every format, small enough that damage hits what matters. */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { create } from '@bufbuild/protobuf'
import { writeModel } from '../../../src/main/graph'
import { StringStringEntryProtoSchema, TensorProto_DataLocation } from '../../../src/main/graph/proto/onnx_pb'
import { fixture } from '../golden'
import { classifier } from '../graphs'
import { float32Tensor, tensorBytes, type RawTensor } from '../safetensors'

/** One checkpoint: its files by name, the one that is opened, those that are damaged. */
export interface Sound {
  readonly format: string
  readonly open: string
  readonly files: Readonly<Record<string, Buffer>>
  readonly damage: readonly string[]
}

const single = (format: string, path: string, name = basename(path)): Sound =>
  alone(format, name, readFileSync(fixture(path)))

const alone = (format: string, name: string, bytes: Buffer): Sound => ({
  format,
  open: name,
  files: { [name]: bytes },
  damage: [name]
})

const PYTORCH = [
  'bare.pth',
  'bare_legacy.pth',
  'protocol5.bin',
  'protocol1_legacy.bin',
  'module.pt',
  'training.pth.tar',
  'training_legacy.pth.tar',
  'ema.pth',
  'views.pth',
  'views_legacy.pth',
  'dtypes.pth',
  'odd_tensors.pth',
  'scripted.pt',
  'attack.pth',
  'packed_pickle.pth',
  'storage_views.pth'
]

function shards(folder: string, names: readonly string[]): Sound {
  const files = Object.fromEntries(
    names.map((name) => [name, readFileSync(fixture(`checkpoints/${folder}/${name}`))])
  )
  return { format: 'sharded', open: names[0]!, files, damage: names }
}

function onnx(): readonly Sound[] {
  const model = classifier(4, (graph, x) =>
    graph.node('Gemm', 'fc', [
      graph.node('Relu', 'relu', [
        graph.node('MatMul', 'hidden', [
          x,
          graph.parameter('hidden.weight', [3, 5], new Float32Array(15).fill(0.5))
        ])
      ]),
      graph.parameter('fc.weight', [5, 4], new Float32Array(20).fill(0.25)),
      graph.parameter('fc.bias', [4], new Float32Array(4))
    ])
  )
  const inside = alone('onnx', 'model.onnx', Buffer.from(writeModel(model)))
  const [first] = model.graph.initializer
  const data = Buffer.from(first!.rawData)
  first!.rawData = new Uint8Array()
  first!.dataLocation = TensorProto_DataLocation.EXTERNAL
  first!.externalData = Object.entries({ location: 'w.bin', offset: '0', length: String(data.length) }).map(
    ([key, value]) => create(StringStringEntryProtoSchema, { key, value })
  )
  const outside: Sound = {
    format: 'onnx',
    open: 'model.onnx',
    files: { 'model.onnx': Buffer.from(writeModel(model)), 'w.bin': data },
    damage: ['model.onnx', 'model.onnx', 'model.onnx', 'w.bin']
  }
  return [inside, outside]
}

function safetensors(): Buffer {
  const tensors = new Map<string, RawTensor>([
    ['conv.weight', float32Tensor([2, 3], [1, 2, 3, 4, 5, 6])],
    ['half', { dtype: 'F16', shape: [2], bytes: new Uint8Array(4) }],
    ['brain', { dtype: 'BF16', shape: [2, 1], bytes: new Uint8Array(4) }],
    ['count', { dtype: 'I64', shape: [], bytes: new Uint8Array(8) }]
  ])
  return tensorBytes(tensors)
}

const config = (folder: string, name: string): Sound => ({
  format: 'config',
  open: 'model.safetensors',
  files: {
    'model.safetensors': safetensors(),
    [name]: readFileSync(fixture(`checkpoints/configs/${folder}/${name}`))
  },
  damage: [name]
})

export function corpus(): readonly Sound[] {
  return [
    alone('safetensors', 'model.safetensors', safetensors()),
    single('safetensors', 'checkpoints/integers.safetensors'),
    ...PYTORCH.map((name) => single('pytorch', `pytorch/${name}`)),
    single('pytorch', 'checkpoints/containers/shadow.pth'),
    single('npz', 'checkpoints/arrays/stored.npz'),
    single('npz', 'checkpoints/arrays/deflated.npz'),
    single('npz', 'checkpoints/arrays/odd.npz'),
    ...onnx(),
    shards('sharded', [
      'model.safetensors.index.json',
      'model-00001-of-00003.safetensors',
      'model-00002-of-00003.safetensors',
      'model-00003-of-00003.safetensors'
    ]),
    shards('sharded_bin', [
      'pytorch_model-00001-of-00002.bin',
      'pytorch_model-00002-of-00002.bin',
      'pytorch_model.bin.index.json'
    ]),
    config('timm_resnet18', 'config.json'),
    config('hf_dinov2', 'config.json'),
    config('hf_dinov2', 'preprocessor_config.json')
  ]
}

/** How often each format is taken: as often as any other, however many files it has here. */
export function byFormat(files: readonly Sound[]): ReadonlyMap<string, readonly Sound[]> {
  return Map.groupBy(files, ({ format }) => format)
}

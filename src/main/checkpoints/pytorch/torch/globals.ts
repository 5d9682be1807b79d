/**
 * The allow-list: what of PyTorch's and Python's names means something here. Everything else stays a record.
 * Source: torch/_utils.py, torch/_tensor.py.
 */
import type { Value } from '../pickle/values'
import { isCompound } from '../pickle/values'
import { dtypeNamed, type Dtype } from './dtypes'
import type { TensorValue } from './values'

type Meaning = (args: readonly Value[]) => Value | undefined

const MEANINGS: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['collections.OrderedDict', orderedDict],
  ['builtins.set', ([items = null]) => set(items)],
  ['__builtin__.set', ([items = null]) => set(items)],
  ['torch.Size', ([items]) => (sequence(items) === null ? undefined : items)],
  [
    'torch._utils._rebuild_tensor',
    ([storage, offset, size, stride]) => tensor(storage, offset, size, stride)
  ],
  [
    'torch._utils._rebuild_tensor_v2',
    ([storage, offset, size, stride, , , metadata]) => tensor(storage, offset, size, stride, metadata)
  ],
  [
    'torch._utils._rebuild_tensor_v3',
    ([storage, offset, size, stride, , , dtype, metadata]) =>
      tensor(storage, offset, size, stride, metadata, dtypeOf(dtype))
  ],
  ['torch._utils._rebuild_parameter', ([data]) => data],
  ['torch._utils._rebuild_parameter_with_state', ([data]) => data],
  ['torch._tensor._rebuild_from_type_v2', ([callee, , args]) => called(callee, args)],
  ['torch._utils._rebuild_sparse_tensor', ([, parts]) => refused('sparse', sizeAmong(parts))],
  ['torch._utils._rebuild_sparse_csr_tensor', ([, parts]) => refused('sparse', sizeAmong(parts))],
  ['torch._utils._rebuild_qtensor', ([, , size]) => refused('quantized', size)],
  ['torch._utils._rebuild_meta_tensor_no_storage', ([, size]) => refused('meta (without values)', size)],
  ['torch._utils._rebuild_nested_tensor', () => refused('nested', undefined)],
  ['torch._utils._rebuild_device_tensor_from_numpy', () => refused('device-only', undefined)],
  ['torch._utils._rebuild_device_tensor_from_cpu_tensor', ([data]) => data],
  ['torch._utils._rebuild_wrapper_subclass', ([, , size]) => refused('wrapper', size)]
])

/** What a call of `module.name` stands for; undefined when it is not on the list or not called as PyTorch does. */
export function meaning(module: string, name: string, args: readonly Value[]): Value | undefined {
  return MEANINGS.get(`${module}.${name}`)?.(args)
}

function called(callee: Value | undefined, args: Value | undefined): Value | undefined {
  const items = sequence(args)
  // A tensor subclass's own function is not looked at twice: it cannot nest.
  if (!isCompound(callee) || callee.kind !== 'global' || items === null) return undefined
  return callee.name === '_rebuild_from_type_v2' ? undefined : meaning(callee.module, callee.name, items)
}

function sequence(value: Value | undefined): readonly Value[] | null {
  return isCompound(value) && (value.kind === 'tuple' || value.kind === 'list') ? value.items : null
}

function set(value: Value): Value | undefined {
  const items = sequence(value)
  return items === null ? undefined : { kind: 'set', items: [...items] }
}

/** Empty, or from a list of pairs as Python 2 wrote it. */
function orderedDict([pairs]: readonly Value[]): Value | undefined {
  if (pairs === undefined) return { kind: 'dict', entries: null }
  const entries = new Map<Value, Value>()
  for (const pair of sequence(pairs) ?? [null]) {
    const [key, value] = sequence(pair) ?? []
    if (key === undefined || value === undefined) return undefined
    entries.set(key, value)
  }
  return { kind: 'dict', entries }
}

function dtypeOf(value: Value | undefined): Dtype | undefined {
  return isCompound(value) && value.kind === 'global' && value.module === 'torch'
    ? dtypeNamed(value.name)
    : undefined
}

/** PyTorch itself allows 64 dimensions. */
const MOST_DIMENSIONS = 64

function counts(value: Value | undefined): readonly number[] | null {
  const items = sequence(value)
  if (items === null || items.length > MOST_DIMENSIONS) return null
  const numbers = items.filter((item) => typeof item === 'number' && Number.isSafeInteger(item) && item >= 0)
  return numbers.length === items.length ? (numbers as readonly number[]) : null
}

/** The one that is a list of numbers among a sparse tensor's indices, values, size and flags. */
function sizeAmong(parts: Value | undefined): Value | undefined {
  return sequence(parts)?.find((part) => counts(part) !== null)
}

function refused(kind: string, size: Value | undefined): TensorValue {
  return {
    kind: 'tensor',
    shape: counts(size) ?? [],
    dtype: kind,
    data: { refused: `it is a ${kind} tensor; expected a dense one` }
  }
}

/** Tensor, storage and dtype as the file says; what does not fit together is refused for this tensor alone. */
function tensor(
  storage: Value | undefined,
  offset: Value | undefined,
  size: Value | undefined,
  stride: Value | undefined,
  metadata: Value = null,
  dtype?: Dtype
): TensorValue {
  const shape = counts(size)
  const strides = counts(stride)
  const reason = (fact: string): TensorValue => ({
    kind: 'tensor',
    shape: shape ?? [],
    dtype: 'unknown',
    data: { refused: fact }
  })
  if (!isCompound(storage) || storage.kind !== 'storage') return reason('its values lie in no storage')
  const valid = typeof offset === 'number' && Number.isSafeInteger(offset) && offset >= 0
  if (!valid || shape === null || strides?.length !== shape.length) {
    return reason('its sizes, strides or offset are no whole numbers from 0 that fit together')
  }
  // Lazily conjugated or negated views: real weights never are.
  if (isCompound(metadata) && metadata.kind === 'dict' && metadata.entries !== null) {
    return reason('it is a conjugated or negated view')
  }
  const type = dtype ?? storage.dtype
  return { kind: 'tensor', shape, dtype: type.name, data: { storage, dtype: type, offset, strides } }
}

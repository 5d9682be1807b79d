/** Tensors and dicts that a file can claim. */
import { describe, expect, it } from 'vitest'
import { openCheckpoint } from '../../../../src/main/checkpoints'
import { expectProblem } from '../../../support/problems'
import { cpuMilliseconds, stateDict, written } from './fixtures'
import {
  archive,
  call,
  dict,
  global,
  int,
  list,
  raw,
  storage,
  tensor,
  text,
  tuple,
  type Pickled
} from './writer'

const good = { a: tensor([2, 3]), b: tensor([6]) }

async function tensorsOf(root: Pickled): Promise<Record<string, number[] | string>> {
  const checkpoint = await stateDict(written(archive(root)))
  const found: Record<string, number[] | string> = {}
  for (const [name, entry] of checkpoint.tensors) {
    found[name] = await entry.read().then(
      (values) => [...values],
      (error: unknown) => String(error)
    )
  }
  await checkpoint.close()
  return found
}

const refused = async (root: Pickled, ...facts: string[]): Promise<unknown> =>
  expectProblem(openCheckpoint(written(archive(root))), 'FORMAT_INVALID', ...facts)

const holdsNone = async (root: Pickled, ...facts: string[]): Promise<unknown> =>
  expectProblem(openCheckpoint(written(archive(root))), 'FORMAT_UNSUPPORTED', ...facts)

describe('a tensor', () => {
  it.each<[string, Pickled, number[]]>([
    ['of a part', tensor([2], { offset: 2 }), [3, 4]],
    ['transposed', tensor([3, 2], { strides: [1, 3] }), [1, 4, 2, 5, 3, 6]],
    ['with gaps', tensor([2, 2], { strides: [3, 2] }), [1, 3, 4, 6]],
    ['that overlaps itself', tensor([3, 2], { strides: [2, 1], offset: 0 }), [1, 2, 3, 4, 5, 6]],
    ['of windows', tensor([3, 3], { strides: [1, 1] }), [1, 2, 3, 2, 3, 4, 3, 4, 5]],
    ['expanded', tensor([2, 2], { strides: [0, 1], offset: 4 }), [5, 6, 5, 6]],
    ['of one value with any strides', tensor([1, 1], { strides: [900, 7], offset: 5 }), [6]],
    ['without values, out of bounds', tensor([0, 4], { offset: 99 }), []],
    ['on a graphics card', tensor([2], { type: 'torch.cuda.FloatStorage' }), [1, 2]]
  ])('%s is read', async (_, value, expected) => {
    expect((await tensorsOf(dict({ ...good, value }))).value).toEqual(expected)
  })

  it.each<[string, Pickled]>([
    ['longer than its storage', tensor([7])],
    ['that begins after its storage', tensor([1], { offset: 6 })],
    ['whose strides leave its storage', tensor([2, 3], { strides: [4, 1] })],
    ['of a claimed storage that is shorter', tensor([6], { numel: 5 })],
    ['of 2^80 values', tensor([2 ** 40, 2 ** 40])],
    ['far away', tensor([2], { offset: 2 ** 52 })],
    ['of 2^80 times one value', tensor([2 ** 40, 2 ** 40], { strides: [0, 0] })],
    ['of 2^30 times one value', tensor([2 ** 15, 2 ** 15], { strides: [0, 0] })]
  ])('%s is refused', async (_, value) => {
    await refused(dict({ ...good, value }), '"value"')
  })

  it.each<[string, Pickled, string]>([
    ['with a negative size', tensor([-1]), 'whole numbers'],
    ['with a negative stride', tensor([2], { strides: [-1], offset: 1 }), 'whole numbers'],
    ['with too few strides', tensor([2, 3], { strides: [1] }), 'fit together'],
    [
      'with a size of text',
      call('torch._utils._rebuild_tensor', storage(), int(0), tuple(text('x')), tuple(int(1))),
      'whole numbers'
    ],
    ['of 65 dimensions', tensor(Array.from({ length: 65 }, () => 1)), 'whole numbers'],
    ['of no storage', call('torch._utils._rebuild_tensor', int(1), int(0), tuple(), tuple()), 'no storage'],
    ['of nothing', call('torch._utils._rebuild_tensor_v2'), 'no storage'],
    [
      'that is negated',
      call(
        'torch._utils._rebuild_tensor_v2',
        storage(),
        int(0),
        tuple(int(2)),
        tuple(int(1)),
        raw('\x89'),
        dict({}),
        dict({ neg: raw('\x88') })
      ),
      'negated'
    ]
  ])('%s is refused, and the others are read', async (_, value, fact) => {
    const tensors = await tensorsOf(dict({ ...good, value }))
    expect(tensors.a).toEqual([1, 2, 3, 4, 5, 6])
    expect(tensors.value).toContain(fact)
  })

  it.each<[string, Pickled]>([
    ['an unknown class', storage('0', 6, 'torch.NoStorage')],
    ['a class of another module', storage('0', 6, 'evil.FloatStorage')],
    ['a negative length', storage('0', -1)],
    ['2^62 elements', storage('0', 2 ** 62)],
    ['no tuple', Buffer.concat([int(1), raw('Q')])],
    ['another kind', Buffer.concat([tuple(text('file'), text('/etc/passwd')), raw('Q')])]
  ])('of a storage of %s is refused', async (_, value) => {
    await refused(dict({ ...good, value }), 'as a storage')
  })
})

describe('a root', () => {
  it.each<[string, Pickled, string[]]>([
    [
      'that is an OrderedDict of pairs',
      call('collections.OrderedDict', list(list(text('x'), good.a), list(text('y'), good.b))),
      ['x', 'y']
    ],
    ['that is a list of state dicts', list(dict(good), dict({})), ['a', 'b']],
    [
      'with numbers as keys',
      Buffer.concat([raw('}('), int(0), good.a, int(1), good.b, raw('u')]),
      ['0', '1']
    ],
    [
      'that nests its tensors',
      dict({ layer1: dict(good), layer2: list(good.a, good.b) }),
      ['layer1.a', 'layer1.b', 'layer2.0', 'layer2.1']
    ],
    [
      'of weights with telling names',
      dict({ 'loss.weight': good.a, 'random.weight': good.b }),
      ['loss.weight', 'random.weight']
    ],
    [
      'of an unknown class that holds one',
      Buffer.concat([call('some.Trainer'), dict({ state_dict: dict(good) }), raw('b')]),
      ['a', 'b']
    ],
    [
      'of an unknown dict',
      Buffer.concat([call('some.Dict'), raw('('), text('x'), good.a, text('y'), good.b, raw('u')]),
      ['x', 'y']
    ],
    [
      'with weights under a name that means something else too',
      dict({ model: text('resnet50'), net: dict(good) }),
      ['a', 'b']
    ],
    [
      'that holds itself',
      Buffer.concat([raw('}q\x01('), text('self'), raw('h\x01'), text('model'), dict(good), raw('u')]),
      ['a', 'b']
    ],
    [
      'that __proto__ names',
      dict({ __proto__x: good.a, constructor: good.b, toString: good.a }),
      ['__proto__x', 'constructor', 'toString']
    ]
  ])('%s is a state dict', async (_, root, names) => {
    expect(Object.keys(await tensorsOf(root))).toEqual(names)
  })

  it('with nameless averages beside named weights gives the weights', async () => {
    const root = dict({
      ema: dict({ shadow_params: list(good.a, good.b) }),
      state_dict: dict({ 'fc.weight': good.a, 'fc.bias': good.b })
    })
    expect(Object.keys(await tensorsOf(root))).toEqual(['fc.weight', 'fc.bias'])
  })

  it.each<[string, Pickled, string]>([
    [
      'without tensors',
      dict({ epoch: int(3), name: text('x') }),
      'no state dict of tensors; its root has 2 entries, e.g. "epoch", "name"'
    ],
    ['that is a tensor', good.a, 'no state dict'],
    ['that is a number', int(5), 'no state dict'],
    ['that is a function', global('os.system'), 'no state dict'],
    ['with one tensor', dict({ a: good.a }), 'no state dict'],
    ['with an optimizer alone', dict({ optimizer: dict(good) }), 'no state dict'],
    [
      'with two tensors of one name',
      dict({ a: dict({ 'b.c': good.a }), 'a.b': dict({ c: good.a }) }),
      'two tensors named "a.b.c"'
    ],
    [
      'with a name of 2000 characters',
      dict({ ...good, ['x'.repeat(2000)]: good.a }),
      'more than 1024 characters'
    ]
  ])('%s is refused', async (_, root, fact) => {
    await (fact.includes('state dict') ? holdsNone : refused)(root, fact)
  })

  it('nested 100 deep is refused', async () => {
    let root = dict(good)
    for (let i = 0; i < 100; i++) root = dict({ x: root })
    await refused(root, 'more than 64 levels')
  })

  it('that refers to itself by every name of a container is opened at once', async () => {
    const names = ['ema', 'state_dict', 'model', 'teacher', 'student', 'net', 'module', 'weights', 'params']
    const filler = Array.from({ length: 300_000 }, (_, i) => Buffer.concat([int(i), raw('N')]))
    const entries = names.flatMap((name) => [text(name), raw('hI')])
    const root = Buffer.concat([raw('}qI('), ...filler, ...entries, text('one'), good.a, raw('u')])
    const start = cpuMilliseconds()
    expect(await tensorsOf(root)).toMatchObject({ one: [1, 2, 3, 4, 5, 6] })
    expect(cpuMilliseconds() - start).toBeLessThan(1000)
  })

  it('with long lists beside its weights is read', async () => {
    const numbers = Buffer.concat([raw(']('), Buffer.alloc(600_000, raw('K\x01')), raw('e')])
    const tensors = await tensorsOf(dict({ indices: numbers, more: list(numbers, numbers), odd: dict(good) }))
    expect(Object.keys(tensors)).toEqual(['a', 'b'])
  })

  it('of lists that hold lists ten times each is refused at once', async () => {
    const levels = Array.from({ length: 30 }, (_, i) =>
      Buffer.concat([
        raw('0]('),
        raw(`h${String.fromCharCode(i)}`.repeat(10)),
        raw('e'),
        raw(`q${String.fromCharCode(i + 1)}`)
      ])
    )
    const root = Buffer.concat([list(good.a, good.b), raw('q\0'), ...levels])
    const start = cpuMilliseconds()
    await refused(root, 'more than 200000 tensors')
    expect(cpuMilliseconds() - start).toBeLessThan(1000)
  })
})

/** Every file of test/fixtures/pytorch gives PyTorch's own tensors, bit by bit. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fixture, golden } from '../../../support/golden'
import { expectProblem } from '../../../support/problems'
import { readTensors } from '../../../support/safetensors'
import { bytesOf, isFloat, known, pytorch, stateDict, written } from './fixtures'

const bits = (values: Float32Array): Buffer =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength)

describe.each(known.files)('$file', ({ file, expected, container, dtypes, refused, metadata }) => {
  it('gives the tensors that PyTorch gives', async () => {
    const checkpoint = await stateDict(pytorch(file))
    const floats = [...readTensors(pytorch(expected))].filter(([, tensor]) => isFloat(tensor))
    const found = [...checkpoint.tensors.values()]
    expect(
      found
        .filter(isFloat)
        .map(({ name }) => name)
        .sort()
    ).toEqual(floats.map(([name]) => name).sort())
    for (const [name, { shape, bytes }] of floats) {
      const tensor = checkpoint.tensors.get(name)!
      expect(tensor.shape, name).toEqual(shape)
      expect(await tensor.read(), name).toEqual(new Float32Array(bytes.slice().buffer))
    }
    await checkpoint.close()
  })

  it('says what it opened', async () => {
    const checkpoint = await stateDict(pytorch(file))
    expect(checkpoint).toMatchObject({ format: 'pytorch', container, files: [pytorch(file)] })
    expect(checkpoint.metadata).toEqual(metadata)
    const types = Object.keys(dtypes).map((name) => [name, checkpoint.tensors.get(name)?.dtype])
    expect(Object.fromEntries(types)).toEqual(dtypes)
    await checkpoint.close()
  })

  it('refuses to read what is no tensor of real numbers as weights', async () => {
    const checkpoint = await stateDict(pytorch(file))
    for (const [name, tensor] of checkpoint.tensors) {
      if (refused.includes(name))
        await expectProblem(tensor.read(), 'FORMAT_UNSUPPORTED', `"${name}"`, tensor.dtype)
      else if (/complex|float8/.test(tensor.dtype))
        await expectProblem(tensor.read(), 'FORMAT_UNSUPPORTED', `"${name}"`, tensor.dtype)
    }
    await checkpoint.close()
  })
})

it('the shapes of refused tensors are known', async () => {
  const checkpoint = await stateDict(pytorch('odd_tensors.pth'))
  const shapes = ['sparse', 'csr', 'quantized', 'meta'].map((name) => checkpoint.tensors.get(name)?.shape)
  expect(shapes).toEqual([
    [3, 3],
    [3, 3],
    [2, 2],
    [2, 5]
  ])
  await checkpoint.close()
})

it.each(['model_legacy.pth', 'model_dataparallel.pth.tar'])(
  'the reference %s is model.safetensors',
  async (name) => {
    const checkpoint = await stateDict(golden(name))
    const expected = [...readTensors(golden('model.safetensors'))].filter(([, tensor]) => isFloat(tensor))
    for (const [key, { bytes }] of expected) {
      const tensor = checkpoint.tensors.get(key) ?? checkpoint.tensors.get(`module.${key}`)
      expect(bits(await tensor!.read()).equals(bytes), key).toBe(true)
    }
    expect(expected.length).toBe([...checkpoint.tensors.values()].filter(isFloat).length)
    await checkpoint.close()
  }
)

it.each(['bare.pth', 'bare_legacy.pth', 'protocol5_legacy.bin', 'scripted.pt'])(
  '%s is known by its bytes',
  async (file) => {
    for (const name of ['model.safetensors', 'model.onnx', 'model.bin', 'model']) {
      const checkpoint = await stateDict(written(bytesOf(file), name))
      expect(checkpoint.format).toBe('pytorch')
      await checkpoint.close()
    }
  }
)

it('nothing of an attack ran', () => {
  for (const folder of ['.', '/tmp', fixture('pytorch')]) {
    expect(existsSync(join(folder, known.attack_mark))).toBe(false)
  }
})

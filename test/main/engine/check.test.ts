/** The engine's part of a load check, in this process, against PyTorch. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { CheckRequest, CheckResult } from '@shared/contract/engine'
import { readLogits } from '@shared/statistics'
import { Checker } from '../../../src/main/engine/check'
import { writeModel, type OnnxModel } from '../../../src/main/graph'
import { readModel, withGraph } from '../../../src/main/graph/model'
import { agreementOf, colourImages, colourLabels, colours, readings } from '../../support/colours'
import { temporaryFolder } from '../../support/folder'
import { largestDifference } from '../../support/forward'
import { golden, goldenImages, normalization } from '../../support/golden'
import { classifier, floatValue } from '../../support/graphs'
import { readNpy } from '../../support/npy'
import { expectProblem } from '../../support/problems'

const everyIndex = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

function check(part: Partial<CheckRequest>, signal?: AbortSignal): Promise<CheckResult> {
  return new Checker().check(
    {
      path: colours('colours.safetensors'),
      options: {},
      images: colourImages(),
      indices: everyIndex(64),
      readings: [{ normalization: null, reversed: false }],
      // 64 is no multiple: the last batch is smaller, and weighs less.
      execution: { batch: 10, threads: 1 },
      ...part
    },
    signal
  )
}

const floats = (base64: string): Float32Array =>
  new Float32Array(new Uint8Array(Buffer.from(base64, 'base64')).buffer)

it('outputs and inputs of the batch norms are those of PyTorch, for right and wrong pixels', async () => {
  const wanted = Object.values(readings)
  const { classes, readings: results } = await check({
    readings: wanted.map(({ mean, std, blueFirst }) => ({
      normalization: { mean, std, source: 'user' },
      reversed: blueFirst
    }))
  })
  expect(classes).toBe(4)
  for (const [i, reading] of wanted.entries()) {
    const { logits, batchNorms } = results[i]!
    const { measure } = readLogits(floats(logits), classes, colourLabels, batchNorms)
    expect(measure.top1).toBe(reading.top1)
    expect(measure.predictedClasses).toBe(reading.predicted)
    expect(measure.entropy).toBeCloseTo(reading.entropy, 5)
    expect(batchNorms.map(({ layer }) => layer)).toEqual(agreementOf(reading).map(({ layer }) => layer))
    for (const [j, { meanShift, varianceRatio }] of agreementOf(reading).entries()) {
      expect(batchNorms[j]!.meanShift).toBeCloseTo(meanShift, 4)
      expect(batchNorms[j]!.varianceRatio).toBeCloseTo(varianceRatio, 4)
    }
  }
})

it('logits are those of PyTorch for the images that were chosen, in their order', async () => {
  const indices = [3, 4, 11, 150, 77, 199]
  const { readings: results } = await check({
    path: golden('model.safetensors'),
    images: goldenImages(),
    indices,
    readings: [{ normalization, reversed: false }]
  })
  const wanted = readNpy(golden('original_logits.npy')).data as Float32Array
  const rows = indices.flatMap((index) => [...wanted.subarray(10 * index, 10 * index + 10)])
  expect(largestDifference(floats(results[0]!.logits), rows)).toBeLessThan(1e-4)
})

it('a network is kept for the next call, and another one takes its place', async () => {
  const checker = new Checker()
  const request = {
    options: {},
    images: goldenImages(),
    indices: [0],
    readings: [{ normalization, reversed: false }],
    execution: { batch: 8, threads: 1 }
  }
  const logits = async (name: string): Promise<string> =>
    (await checker.check({ ...request, path: golden(name) })).readings[0]!.logits
  const first = await logits('model.safetensors')
  expect(await logits('model.safetensors')).toBe(first)
  expect(await logits('reinit_trial0.safetensors')).not.toBe(first)
  expect(await logits('model.safetensors')).toBe(first)
})

describe('a graph with a fixed batch size', () => {
  function fixed(rows: number): string {
    const model = readModel(readFileSync(golden('model.onnx')), 'model.onnx')
    const path = join(temporaryFolder(), 'fixed.onnx')
    const input = [floatValue('input', [rows, 3, 32, 32])]
    const [given] = model.graph.input
    const renamed = withGraph(model, {
      ...model.graph,
      input: input.map((v) => ({ ...v, name: given!.name }))
    })
    writeFileSync(path, writeModel(renamed))
    return path
  }

  const goldenRequest = { images: goldenImages(), readings: [{ normalization, reversed: false }] }

  it('leaves the zeros that fill its last batch out of the statistics', async () => {
    const whole = await check({ ...goldenRequest, path: golden('model.onnx'), indices: everyIndex(53) })
    const filled = await check({ ...goldenRequest, path: fixed(24), indices: everyIndex(53) })
    for (const [i, norm] of filled.readings[0]!.batchNorms.entries()) {
      expect(norm.meanShift).toBeCloseTo(whole.readings[0]!.batchNorms[i]!.meanShift, 4)
      expect(norm.varianceRatio).toBeCloseTo(whole.readings[0]!.batchNorms[i]!.varianceRatio, 4)
    }
    expect(filled.readings[0]!.batchNorms.length).toBeGreaterThan(10)
    expect(filled.readings[0]!.batchNorms.length).toBe(whole.readings[0]!.batchNorms.length)
    expect(floats(filled.readings[0]!.logits).length).toBe(530)
  })
})

describe('a batch norm of features, whose input has no positions', () => {
  // Channel means of the images enter it: 1 and 3, 0 and 8, 5 and 5. Mean and variance by hand: (2, 1), (4, 16), (5, 0).
  const rows = [
    [1, 0, 5],
    [3, 8, 5]
  ]

  function withFeatureNorm(opset: number): OnnxModel {
    const model = classifier(3, (graph, features) => {
      const vector = (name: string, ...values: number[]): string =>
        graph.parameter(name, [3], Float32Array.from(values))
      const norm = [
        vector('bn.weight', 1, 1, 1),
        vector('bn.bias', 0, 0, 0),
        vector('bn.running_mean', 1, 4, 7),
        vector('bn.running_var', 3, 3, 3)
      ]
      const normed = graph.node('BatchNormalization', 'bn', [features, ...norm], { epsilon: 1.5 })
      const identity = Float32Array.from([1, 0, 0, 0, 1, 0, 0, 0, 1])
      const weight = graph.parameter('fc.weight', [3, 3], identity)
      return graph.node('Gemm', 'fc', [normed, weight], { transB: 1 })
    })
    for (const set of model.opsetImport) set.version = BigInt(opset)
    return model
  }

  // ReduceMean takes its axes otherwise from operator set 18 on.
  it.each([15, 17, 18, 21])('in operator set %i', async (opset) => {
    const folder = temporaryFolder()
    const path = join(folder, 'model.onnx')
    writeFileSync(path, writeModel(withFeatureNorm(opset)))
    const pixels = join(folder, 'pixels')
    writeFileSync(pixels, new Uint8Array(Float32Array.from(rows.flat()).buffer))
    const images = { height: 1, width: 1, offset: 0, count: 2, channelsLast: false }
    const { readings: results } = await check({
      path,
      images: { ...images, path: pixels, dtype: 'float32' },
      indices: [0, 1],
      readings: [{ normalization: { mean: [0, 0, 0], std: [1, 1, 1], source: 'user' }, reversed: false }]
    })
    // Shifts |2 − 1|, |4 − 4|, |5 − 7| over √4.5; ratios 4.5 / 2.5, 17.5 / 4.5, 4.5 / 1.5.
    expect(results[0]!.batchNorms).toEqual([
      {
        layer: 'bn',
        meanShift: expect.closeTo(1 / Math.sqrt(4.5), 5) as number,
        varianceRatio: expect.closeTo(3, 5) as number
      }
    ])
  })
})

it('a graph without batch norms has nothing to compare', async () => {
  const { readings: results } = await check({
    path: golden('model_folded.onnx'),
    images: goldenImages(),
    readings: [{ normalization, reversed: false }]
  })
  expect(results[0]!.batchNorms).toEqual([])
})

it('stops between batches when it is given up', async () => {
  await expectProblem(check({}, AbortSignal.abort()), 'CANCELLED')
})

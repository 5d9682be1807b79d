/** Perturbations from their text to stored results, with a real engine process. PyTorch's numbers: test/fixtures/units. */
import { expect, it } from 'vitest'
import { golden } from '../../support/golden'
import { expectedUnits } from '../../support/units'
import { goldenStudy, measure, spec } from '../../support/workstation'

const { seed, trial, rows } = expectedUnits

it('are measured, stored under one name each, and not measured twice', async () => {
  const opened = await goldenStudy()
  const one = { layers: ['fc'], scheme: 'torch' as const, seed }
  const second = golden('reinit_trial0.safetensors')
  const drawn = { ...one, trials: trial + 1 }
  const texts = ['shuffle', 'noise:.50', 'interpolate:random:0.250', 'randomize']
  for (const perturbation of texts) await measure(opened, { ...drawn, perturbation })
  await measure(opened, { ...one, perturbation: `interpolate:${second}:5e-1` })
  await measure(opened, { ...one, perturbation: 'noise:0', trials: 1 })
  await measure(opened, { ...one, perturbation: 'interpolate:random:0', trials: 1 })
  const results = await opened.client.results.trials({ study: opened.study })
  const of = (name: string) => results.filter(({ perturbation }) => perturbation === name)

  for (const name of ['shuffle', 'noise:0.5', 'interpolate:random:0.25', 'randomize']) {
    const found = of(name).find((row) => row.trial === trial)!
    const wanted = rows.find((row) => row.unit === 'fc' && row.type === 'layer' && row.perturbation === name)!
    expect(of(name).length, name).toBe(trial + 1)
    expect(Math.abs(1 - found.pred_cos_sim - wanted.criticality), name).toBeLessThan(1e-5)
    expect(found.seed).toBe(seed)
    // Only what is drawn afresh depends on how.
    expect(found.scheme).toBe(name === 'randomize' || name.startsWith('interpolate') ? 'torch' : '')
  }
  const [stepped, ...others] = of('interpolate:reinit_trial0.safetensors:0.5')
  const wanted = rows.find(
    ({ unit, perturbation }) => unit === 'fc' && perturbation.endsWith('_trial0.safetensors:0.5')
  )!
  expect(others).toEqual([])
  expect(stepped).toMatchObject({ trial: 0, seed: 0, scheme: '' })
  expect(Math.abs(1 - stepped!.pred_cos_sim - wanted.criticality)).toBeLessThan(1e-5)
  for (const name of ['noise:0', 'interpolate:random:0']) {
    expect(of(name).length, name).toBe(1)
    expect(of(name)[0]!.agreement).toBe(1)
    expect(Math.abs(1 - of(name)[0]!.pred_cos_sim), name).toBeLessThan(1e-9)
  }

  const plan = (part: Parameters<typeof spec>[0]) =>
    opened.client.measurement.plan({ study: opened.study, spec: spec(part) })
  // The same, written otherwise, and another seed where none is used.
  expect(await plan({ ...drawn, perturbation: 'noise:0.5' })).toMatchObject({ units: 0, measured: 3 })
  const again = { ...one, perturbation: `interpolate:${second}:0.5`, seed: 1, trials: 9 }
  expect(await plan(again)).toMatchObject({ units: 0, measured: 1 })
})

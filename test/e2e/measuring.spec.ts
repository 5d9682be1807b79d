import type { LayerRow } from '../../src/shared/contract/measurement.ts'
import { expected, golden } from '../support/golden.ts'
import { cellsOnPage, expect, test } from './host.ts'
import { measure, openGolden } from './studies.ts'

test('the adaptive protocol stops at its target, and shows that it did', async ({ workstation }) => {
  const { page, path } = await openGolden(workstation)
  await measure(page, async (sheet) => {
    await sheet.getByRole('radio', { name: 'Adaptive' }).check()
    await sheet.getByLabel('Target standard error').fill('3')
    await sheet.getByLabel('Only layers named').fill('layer1.0.conv1, fc')
    await expect(sheet.getByTestId('plan')).toContainText('2 layers × 1 model')
    await expect(sheet.getByTestId('plan')).toContainText('forward passes')
  })
  await expect(page.locator('[data-run][data-state="done"]')).toHaveCount(1)

  const rows = JSON.parse(
    await workstation.linchpin('results', path, '--per', 'layer', '--json')
  ) as LayerRow[]
  expect(rows.map(({ layer }) => layer).toSorted()).toEqual(['fc', 'layer1.0.conv1'])
  for (const { outcome, standard_error, trials } of rows) {
    expect(outcome).toBe('reached')
    expect(standard_error).toBeLessThanOrEqual(0.03)
    expect(trials).toBeGreaterThan(2)
  }
  await page.getByRole('tab', { name: 'Table' }).click()
  for (const { layer, criticality } of rows) {
    const row = page.getByRole('row').filter({ has: page.getByRole('cell', { name: layer, exact: true }) })
    await expect(row).toContainText('target reached')
    await expect(row).toContainText((criticality * 100).toFixed(2))
  }
  await page.getByRole('cell', { name: 'fc', exact: true }).click()
  await expect(page.getByTestId('outcome')).toHaveText('The target of 3.00 points is reached.')
  await expect(page.getByTestId('cell-details')).toContainText('Between trials')
})

test('runs wait in an order that the keyboard changes; a paused one lets them pass and goes on', async ({
  workstation
}) => {
  const { page } = await openGolden(workstation)
  const run = (id: number) => page.locator(`[data-run="${id}"]`)
  const ofLayer = (perturbation: string, layer: string, trials: string) =>
    measure(page, async (sheet) => {
      await sheet.getByLabel('Perturbation').selectOption(perturbation)
      await sheet.getByRole('radio', { name: 'Own numbers' }).check()
      await sheet.getByLabel('Only layers named').fill(layer)
      await sheet.getByLabel('Images per trial').fill('64')
      if (trials !== '') await sheet.getByLabel('Trials', { exact: true }).fill(trials)
    })
  // More trials than any machine gets through while the others are told to wait.
  await ofLayer('randomize', '', '5000')
  await expect(run(1)).toHaveAttribute('data-state', 'running')
  await expect(run(1)).toContainText('images/s')
  await expect(run(1)).toContainText('passes left')
  await ofLayer('zero', 'fc', '')
  await ofLayer('noise', 'fc', '2')
  await expect(run(2)).toContainText('Waiting, next')
  await expect(run(3)).toContainText('Waiting, 2nd')

  await run(3).getByRole('button', { name: 'Move run up' }).click()
  await expect(run(3)).toContainText('Waiting, next')
  await expect(run(2)).toContainText('Waiting, 2nd')
  // The button keeps the focus where the run went, so that the keys go on from there.
  await expect(run(3).getByRole('button', { name: 'Move run up' })).toBeFocused()
  await page.keyboard.press('Alt+ArrowDown')
  await expect(run(3)).toContainText('Waiting, 2nd')

  await run(1).getByRole('button', { name: 'Pause run' }).click()
  await expect(run(1)).toHaveAttribute('data-state', 'paused')
  await expect(run(2)).toHaveAttribute('data-state', 'done')
  await expect(run(3)).toHaveAttribute('data-state', 'done')
  await run(1).getByRole('button', { name: 'Resume run' }).click()
  await expect(run(1)).toHaveAttribute('data-state', 'running')
  await run(1).getByText('Details').click()
  await expect(run(1)).toContainText('onnxruntime')
  await run(1).getByRole('button', { name: 'Cancel run' }).click()
  await expect(run(1)).toHaveAttribute('data-state', 'cancelled')
})

test('blocks are columns of their own, and noise of no size changes nothing', async ({ workstation }) => {
  const { page } = await openGolden(workstation)
  await measure(page, async (sheet) => {
    // A ResNet has no attention, and the sheet says so.
    await expect(sheet.getByRole('radio', { name: 'Part of an attention' })).toBeDisabled()
    await expect(sheet).toContainText('No chosen model keeps queries, keys and values in one layer.')
    await sheet.getByRole('radio', { name: 'Block' }).check()
    await sheet.getByLabel('Perturbation').selectOption('noise')
    const scale = sheet.getByLabel('Scale, standard deviations')
    await scale.fill('much')
    await expect(scale).toHaveAccessibleDescription('A number from 0 to 1,000,000.')
    await expect(sheet.getByRole('button', { name: 'Start' })).toBeDisabled()
    await scale.fill('0')
    await sheet.getByRole('radio', { name: 'Own numbers' }).check()
    await sheet.getByLabel('Trials', { exact: true }).fill('1')
    await sheet.getByLabel('Images per trial').fill('32')
  })
  await expect(page.locator('[data-run][data-state="done"]')).toContainText('noise of 0 σ, blocks')
  // Blocks 1-2-1-1, and what stands in none.
  const names = ['bn1', 'conv1', 'fc', 'layer1.0', 'layer2.0', 'layer2.1', 'layer3.0', 'layer4.0']
  await expect(async () => {
    const cells = await cellsOnPage(page)
    expect(cells.map(({ layer }) => layer).toSorted()).toEqual(names)
    for (const { layer, criticality } of cells) expect(Number(criticality), layer).toBeLessThan(1e-9)
  }).toPass()
})

test('a whole step towards another checkpoint equals PyTorch with its layers', async ({ workstation }) => {
  const { page } = await openGolden(workstation)
  await measure(page, async (sheet) => {
    await sheet.getByLabel('Perturbation').selectOption('interpolate-file')
    await expect(sheet.getByRole('button', { name: 'Start' })).toBeDisabled()
    await sheet.getByLabel('Checkpoint', { exact: true }).fill(golden('reinit_trial0.safetensors'))
    await sheet.getByLabel('Step α', { exact: true }).fill('1')
  })
  await expect(page.locator('[data-run][data-state="done"]')).toHaveCount(1)
  await expect(async () => expect(await cellsOnPage(page)).toHaveLength(20)).toPass()
  for (const cell of await cellsOnPage(page)) {
    const row = expected.rows.find(
      ({ mode, trial, layer }) => mode === 'reinit' && trial === 0 && layer === cell.layer
    )
    expect(Math.abs(Number(cell.criticality) - (1 - (row?.cos_sim ?? NaN))), cell.layer).toBeLessThan(1e-4)
  }
})

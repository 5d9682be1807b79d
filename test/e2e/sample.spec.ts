import { join } from 'node:path'
import { cellsOnPage, expect, test } from './host.ts'

interface LayerRow {
  readonly model_id: string
  readonly layer: string
  readonly criticality: number
  readonly trials: number
}

test('the first start opens the sample study and measures it, live', async ({ workstation }) => {
  // 10 models × 30 convolution and linear layers × 3 trials of 300 images: a watchdog, not an expectation.
  test.setTimeout(600_000)
  const started = await workstation.start()
  const { page } = started
  await expect(page.getByRole('heading', { name: 'Digits (sample)' })).toBeVisible()
  await expect(page.getByTestId('status-bar')).toContainText('Measuring')
  // Cells fill while it measures, long before the end.
  await expect(async () => expect((await cellsOnPage(page)).length).toBeGreaterThan(10)).toPass()
  await expect(page.getByTestId('status-bar')).not.toContainText('Measuring', { timeout: 500_000 })

  const path = join(workstation.folder, 'data/sample/sample.linchpin')
  const rows = JSON.parse(
    await workstation.linchpin('results', path, '--per', 'layer', '--json')
  ) as LayerRow[]
  // The architecture has 29 convolutions and a classifier; there are ten models.
  expect(rows).toHaveLength(300)
  const key = (model: string, layer: string): string => `${model} ${layer}`
  const stored = rows.map((row) => [
    key(row.model_id, row.layer),
    String(row.criticality),
    String(row.trials)
  ])
  // The page draws once a frame: the last cell may still be on its way.
  await expect(async () => {
    const shown = (await cellsOnPage(page)).map((cell) => [
      key(cell.model, cell.layer),
      cell.criticality,
      cell.trials
    ])
    expect(shown.toSorted()).toEqual(stored.toSorted())
  }).toPass()
  expect(rows.every(({ trials }) => trials === 3)).toBe(true)

  await page.locator('[aria-label^="Heatmap of criticality"]').focus()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('table', { name: 'Metrics of each trial' })).toBeVisible()
  await started.close()
})

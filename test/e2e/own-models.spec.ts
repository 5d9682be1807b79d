import { copyFile, mkdir, truncate, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Page } from '@playwright/test'
import { expected, golden } from '../support/golden.ts'
import { cellsOnPage, expect, test, type Workstation } from './host.ts'
import { newStudy } from './studies.ts'

/** The start page: on the very first start the sample would be there, and be measured. */
async function startPage(workstation: Workstation): Promise<Page> {
  await workstation.linchpin('data', 'earlier.linchpin', golden('images_uint8_nchw.npy'), '--all')
  const { page } = await workstation.start()
  return page
}

test('a dropped checkpoint is added, a broken one shows its reason, and the measurement equals PyTorch', async ({
  workstation
}) => {
  const models = join(workstation.folder, 'models')
  await mkdir(models)
  const good = join(models, 'golden.safetensors')
  const cut = join(models, 'cut.safetensors')
  const page404 = join(models, 'model.pth')
  await copyFile(golden('model.safetensors'), good)
  await copyFile(golden('model.safetensors'), cut)
  await truncate(cut, 300_000)
  await writeFile(page404, '<!DOCTYPE html><html><body>404</body></html>')
  const page = await startPage(workstation)
  await newStudy(page)

  await page.getByRole('navigation', { name: 'Study' }).getByRole('button', { name: 'Add models' }).click()
  await page.getByLabel('Checkpoint files').setInputFiles([good, cut, page404])
  const files = page.getByRole('list', { name: 'Files to add' })
  await expect(files.getByText('ResNet Bottleneck [1, 2, 1, 1]')).toBeVisible()
  await expect(files).toContainText('FILE_TRUNCATED')
  await expect(files).toContainText('an HTML page')
  await page.getByRole('button', { name: 'Add 1 model' }).click()
  await page.getByRole('button', { name: 'Close', exact: true }).click()
  await expect(page.getByRole('region', { name: 'Models' })).toContainText('golden')

  await page.getByRole('button', { name: 'Evaluation set', exact: true }).click()
  await page.getByRole('textbox', { name: 'Images', exact: true }).fill(golden('images_uint8_nchw.npy'))
  await page.getByRole('textbox', { name: 'Labels', exact: true }).fill(golden('labels_int64.npy'))
  await page.getByRole('radio', { name: /^All/ }).check()
  await page.getByRole('button', { name: 'Prepare images' }).click()
  await expect(page.getByRole('region', { name: 'Evaluation set' })).toContainText('200 of 200')

  await page.getByRole('button', { name: 'Measure', exact: true }).click()
  await page.getByLabel('Perturbation').selectOption('zero')
  await page.getByRole('button', { name: 'Start' }).click()
  // timm's names for the layers of blocks 1-2-1-1 with bottlenecks: 19 convolutions and the classifier.
  await expect(async () => expect(await cellsOnPage(page)).toHaveLength(20)).toPass()
  for (const cell of await cellsOnPage(page)) {
    const row = expected.rows.find(({ mode, layer }) => mode === 'zero' && layer === cell.layer)
    expect(Math.abs(Number(cell.criticality) - (1 - (row?.cos_sim ?? NaN))), cell.layer).toBeLessThan(1e-4)
  }
})

test('files dropped on the page open the import sheet', async ({ workstation }, info) => {
  test.skip(info.project.name === 'electron', 'a made-up drop has no paths on the desktop')
  const page = await startPage(workstation)
  await newStudy(page)
  const name = basename(golden('reinit_trial0.safetensors'))
  // A real File in a real DataTransfer, as a drag from the file manager makes it.
  const input = await page.evaluateHandle(() => {
    const element = document.createElement('input')
    element.type = 'file'
    document.body.append(element)
    return element
  })
  await input.setInputFiles(golden('reinit_trial0.safetensors'))
  await input.evaluate((element) => {
    const transfer = new DataTransfer()
    for (const file of element.files ?? []) transfer.items.add(file)
    element.remove()
    for (const type of ['dragenter', 'dragover', 'drop']) {
      document.body.dispatchEvent(
        new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer })
      )
    }
  })
  const files = page.getByRole('list', { name: 'Files to add' })
  await expect(files).toContainText(name)
  await expect(files.getByText('ResNet Bottleneck [1, 2, 1, 1]')).toBeVisible()
})

test('a measurement goes on where it was when the application was killed', async ({ workstation }) => {
  const first = await workstation.start()
  await expect(first.page.getByRole('heading', { name: 'Digits (sample)' })).toBeVisible()
  await expect(async () => expect((await cellsOnPage(first.page)).length).toBeGreaterThan(5)).toPass()
  await first.kill()
  const path = join(workstation.folder, 'data/sample/sample.linchpin')
  const before = JSON.parse(await workstation.linchpin('results', path, '--json')) as unknown[]
  expect(before.length).toBeGreaterThan(5)

  const second = await workstation.start()
  await expect(second.page.getByRole('heading', { name: 'Digits (sample)' })).toBeVisible()
  await expect(async () => {
    const rows = (await cellsOnPage(second.page)).map((cell) => Number(cell.trials))
    expect(rows.reduce((sum, trials) => sum + trials, 0)).toBeGreaterThan(before.length + 5)
  }).toPass()
  await second.close()
  const after = JSON.parse(await workstation.linchpin('results', path, '--json')) as unknown[]
  // What was measured before the kill is there, to the digit.
  for (const row of before) expect(after).toContainEqual(row)
})

test('a file that is no study says so', async ({ workstation }) => {
  const path = join(workstation.folder, 'notes.linchpin')
  await writeFile(path, 'these are notes, not a study')
  const page = await startPage(workstation)
  await page.getByRole('button', { name: /^Open study/ }).click()
  await page.getByRole('textbox', { name: 'Path' }).fill(path)
  await page.getByRole('button', { name: 'Open', exact: true }).click()
  await expect(page.getByRole('alert').filter({ hasText: 'The file is no study.' }).first()).toBeVisible()
  await expect(page.locator('body')).not.toContainText('at Object.')
})

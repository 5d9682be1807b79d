/** The import sheet: what a file is, what was done to it, what can be corrected, in the real page. */
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Locator, Page } from '@playwright/test'
import { fixture, golden } from '../support/golden.ts'
import { expect, test, type Workstation } from './host.ts'
import { newStudy } from './studies.ts'

/** A study of no models, with its import sheet open. */
async function importSheet(workstation: Workstation): Promise<Page> {
  // On the very first start the sample would be there, and be measured.
  await workstation.linchpin('data', 'earlier.linchpin', golden('images_uint8_nchw.npy'), '--all')
  const { page } = await workstation.start()
  await newStudy(page)
  await page.getByRole('navigation', { name: 'Study' }).getByRole('button', { name: 'Add models' }).click()
  return page
}

const rowOf = (page: Page, file: string): Locator =>
  page.locator(`[data-testid="import-row"][data-file="${file}"]`)

test('files are read, corrected and added; a bad one keeps its reason and nothing else waits for it', async ({
  workstation
}) => {
  const folder = join(workstation.folder, 'checkpoints')
  await mkdir(folder)
  const good = join(folder, 'good.safetensors')
  const wrapped = join(folder, 'wrapped.pth.tar')
  const download = join(folder, 'download.pth')
  await copyFile(golden('model.safetensors'), good)
  await copyFile(golden('model_dataparallel.pth.tar'), wrapped)
  await writeFile(download, '<!DOCTYPE html><html><body>404</body></html>')
  const page = await importSheet(workstation)
  await page.getByLabel('Checkpoint files').setInputFiles([good, wrapped, download])

  const bad = rowOf(page, 'download.pth')
  await expect(bad).toHaveAttribute('data-state', 'failed')
  await expect(bad.getByRole('alert')).toContainText('an HTML page')
  await expect(bad.getByRole('button', { name: 'Copy details' })).toBeVisible()

  // torch.nn.DataParallel puts “module.” before every name; the training script's dictionary has “state_dict”.
  const read = rowOf(page, 'wrapped.pth.tar')
  await expect(read).toHaveAttribute('data-state', 'ready')
  await expect(read).toContainText('ResNet Bottleneck [1, 2, 1, 1]')
  await expect(read).toContainText('state_dict')
  await expect(read).toContainText('module.')
  await expect(read).toContainText('0 missing')
  await expect(page.getByText('Set an evaluation set to check how the files loaded.')).toBeVisible()

  const normalisation = read.getByRole('combobox', { name: 'Normalisation' })
  await expect(normalisation).toHaveValue('')
  await expect(read.getByLabel('Mean')).toHaveValue('0.485, 0.456, 0.406')
  await normalisation.selectOption('None, pixels in [0, 1]')
  await expect(read).toHaveAttribute('data-state', 'ready')
  await expect(read.getByLabel('Mean')).toHaveValue('0, 0, 0')
  await expect(read.getByLabel('Standard deviation')).toHaveValue('1, 1, 1')

  await read.getByRole('combobox', { name: 'Colours' }).selectOption('blue, green, red')

  // Typed by hand, it counts once Enter is pressed; what is no number is marked and cannot be added.
  const mean = rowOf(page, 'good.safetensors').getByLabel('Mean')
  await mean.fill('0.5, 0.5')
  await mean.press('Enter')
  await expect(mean).toHaveAttribute('aria-invalid', 'true')
  await expect(page.getByRole('button', { name: 'Add 1 model' })).toBeEnabled()
  await mean.fill('0.5, 0.5, 0.5')
  await mean.press('Enter')
  await expect(mean).toHaveAttribute('aria-invalid', 'false')
  await rowOf(page, 'good.safetensors').getByLabel('Name').fill('By hand')

  await page.getByRole('button', { name: 'Add 2 models' }).click()
  await expect(page.getByTestId('import-row')).toHaveCount(1)
  await expect(bad.getByRole('alert')).toContainText('an HTML page')
  await page.getByRole('button', { name: 'Close', exact: true }).click()

  await page.getByRole('region', { name: 'Models' }).getByText('wrapped', { exact: true }).click()
  const details = page.getByTestId('model-details')
  await expect(details).toContainText('0, 0, 0')
  await expect(details).toContainText('entered by hand')
  await expect(details).toContainText('blue, green, red')
  await expect(details).toContainText('module.')
  await page.getByRole('region', { name: 'Models' }).getByText('By hand', { exact: true }).click()
  await expect(details).toContainText('0.5, 0.5, 0.5')
  await expect(details).toContainText('0.229, 0.224, 0.225')
})

test('the parts of a checkpoint travel together', async ({ workstation }) => {
  const page = await importSheet(workstation)
  const [graph, data] = [golden('model_dynamo.onnx'), golden('model_dynamo.onnx.data')]
  await page.getByLabel('Checkpoint files').setInputFiles([data, graph])
  const row = rowOf(page, 'model_dynamo.onnx')
  await expect(row).toHaveAttribute('data-state', 'ready')
  await expect(page.getByTestId('import-row')).toHaveCount(1)
  await row.getByText('1 file beside it').click()
  await expect(row).toContainText('model_dynamo.onnx.data')
})

test('the steps of a wrapped file open to be read', async ({ workstation }) => {
  const page = await importSheet(workstation)
  await page.getByLabel('Checkpoint files').setInputFiles(fixture('wrapped/robustness.pt'))
  const row = rowOf(page, 'robustness.pt')
  await expect(row).toHaveAttribute('data-state', 'ready')
  const steps = row.getByTestId('steps')
  const prefix = steps.locator('li[data-kind="prefix"]')
  await expect(prefix).toBeHidden()
  await steps.locator('> summary').click()
  await expect(prefix).toContainText('module.model.')
  // The names that the prefix was taken off are a list of their own.
  await expect(prefix.locator('pre')).toBeHidden()
  await prefix.locator('summary').click()
  await expect(prefix.locator('pre')).toContainText('module.model.conv1.weight')
  // The normaliser that the library saves with the weights is the file's own word.
  await expect(row.getByRole('group', { name: 'Normalisation' })).toContainText('from the file')
  await expect(row.getByLabel('Mean')).toHaveValue('0.4914, 0.4822, 0.4465')
})

test('an encoder and its classifier that were chosen together are one model, and come apart', async ({
  workstation
}) => {
  const page = await importSheet(workstation)
  await page
    .getByLabel('Checkpoint files')
    .setInputFiles([fixture('wrapped/linear_head.pth.tar'), fixture('wrapped/backbone.pth')])
  const encoder = rowOf(page, 'backbone.pth')
  const classifier = rowOf(page, 'linear_head.pth.tar')
  await expect(encoder).toHaveAttribute('data-state', 'ready')
  await expect(encoder.getByTestId('attached-head')).toContainText('linear_head.pth.tar')
  await expect(encoder).toContainText('5 classes')
  await expect(classifier).toHaveCount(0)

  await encoder.getByRole('button', { name: 'Take apart' }).click()
  await expect(encoder).toHaveAttribute('data-state', 'failed')
  await expect(encoder).toBeFocused()
  await expect(encoder.getByRole('alert')).toContainText('CLASSIFIER_MISSING')
  await expect(encoder.getByTestId('head-drop')).toContainText('6 features')
  await classifier.getByRole('button', { name: 'Attach to backbone.pth' }).click()
  await expect(encoder).toHaveAttribute('data-state', 'ready')
  await expect(encoder).toBeFocused()
  await page.getByRole('button', { name: 'Add 1 model' }).click()
  await expect(page.getByRole('region', { name: 'Models' })).toContainText('backbone')
})

test('a wrong normalisation is found on the evaluation set, and a reading that fits is taken over', async ({
  workstation
}) => {
  const page = await importSheet(workstation)
  await page.getByRole('button', { name: 'Close', exact: true }).click()
  await page.getByRole('button', { name: 'Evaluation set', exact: true }).click()
  await page.getByRole('textbox', { name: 'Images', exact: true }).fill(golden('images_uint8_nchw.npy'))
  await page.getByRole('textbox', { name: 'Labels', exact: true }).fill(golden('labels_int64.npy'))
  await page.getByRole('radio', { name: /^All/ }).check()
  await page.getByRole('button', { name: 'Prepare images' }).click()
  await expect(page.getByRole('region', { name: 'Evaluation set' })).toContainText('200 of 200')
  await page.getByRole('navigation', { name: 'Study' }).getByRole('button', { name: 'Add models' }).click()
  await page.getByLabel('Checkpoint files').setInputFiles(golden('model.safetensors'))

  // The golden model was trained with ImageNet's, which is what is assumed.
  const row = rowOf(page, 'model.safetensors')
  const check = row.getByTestId('load-check')
  await expect(check).toHaveAttribute('data-verdict', 'good')
  await row.getByRole('combobox', { name: 'Normalisation' }).selectOption('None, pixels in [0, 1]')
  await expect(check).toHaveAttribute('data-verdict', 'bad')
  await expect(page.getByRole('status').filter({ hasText: 'on the check' })).toHaveText(
    '1 file doubtful or bad on the check'
  )
  await expect(check.locator('[data-code="normalization-fits-better"]')).toContainText('ImageNet')

  // All of it can be seen: nothing is wider than the row.
  const use = check.getByRole('button', { name: "Use this reading: ImageNet's normalisation", exact: true })
  const inside = await check.evaluate((element) =>
    [element, ...element.querySelectorAll('.scroll')].every(
      ({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth
    )
  )
  expect(inside).toBe(true)
  await use.click()
  await expect(check).toHaveAttribute('data-verdict', 'good')
  await expect(row.getByLabel('Mean')).toHaveValue('0.485, 0.456, 0.406')
  await expect(row).toBeFocused()
  await page.getByRole('button', { name: 'Add 1 model' }).click()

  await page.getByRole('region', { name: 'Models' }).getByText('model', { exact: true }).click()
  const details = page.getByTestId('model-details')
  await details.getByRole('button', { name: 'Check on 64 images' }).click()
  await expect(details.getByTestId('load-check')).toHaveAttribute('data-verdict', 'good')
})

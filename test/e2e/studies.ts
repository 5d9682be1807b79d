import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { golden } from '../support/golden.ts'
import { expect, type Workstation } from './host.ts'

/** Makes a study of no models from the start page. */
export async function newStudy(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^New study/ }).click()
  await page.getByLabel('Name').fill('Mine')
  await page.getByRole('button', { name: 'Create study' }).click()
  await expect(page.getByRole('heading', { name: 'Mine' })).toBeVisible()
}

/** A study of the golden model and its 200 images, open. */
export async function openGolden(workstation: Workstation): Promise<{ page: Page; path: string }> {
  const path = join(workstation.folder, 'golden.linchpin')
  await workstation.linchpin('import', path, golden('model.safetensors'))
  await workstation.linchpin('data', path, golden('images_uint8_nchw.npy'), '--all')
  const { page } = await workstation.start()
  await page.getByRole('button', { name: /^Open study/ }).click()
  await page.getByRole('textbox', { name: 'Path' }).fill(path)
  await page.getByRole('button', { name: 'Open', exact: true }).click()
  await expect(page.getByRole('region', { name: 'Models' })).toContainText('model')
  return { page, path }
}

/** Opens the measure sheet, fills it and starts what it says. */
export async function measure(page: Page, fill: (sheet: ReturnType<Page['getByRole']>) => Promise<void>) {
  await page.getByRole('button', { name: 'Measure', exact: true }).click()
  const sheet = page.getByRole('dialog', { name: 'Measure' })
  await fill(sheet)
  await sheet.getByRole('button', { name: 'Start' }).click()
  await expect(sheet).toHaveCount(0)
}

import type { Page } from '@playwright/test'
import { expect } from './host.ts'

/** Makes a study of no models from the start page. */
export async function newStudy(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^New study/ }).click()
  await page.getByLabel('Name').fill('Mine')
  await page.getByRole('button', { name: 'Create study' }).click()
  await expect(page.getByRole('heading', { name: 'Mine' })).toBeVisible()
}

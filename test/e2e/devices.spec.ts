import { expect, test } from './host.ts'

test('the status bar tells the device, and why others do not work', async ({ workstation }) => {
  const { page } = await workstation.start()
  await page.getByTestId('status-device').click()
  const table = page.getByRole('table', { name: 'Devices' })
  const cpu = table.locator('[data-device="cpu"]')
  await expect(cpu).toContainText('yes')
  await expect(cpu).toContainText('images/s')
  // Each exists on one system only: at least one of them is not this one.
  const foreign = process.platform === 'darwin' ? 'dml' : 'coreml'
  await expect(table.locator(`[data-device="${foreign}"]`)).toContainText('no')
  await expect(table.locator(`[data-device="${foreign}"]`)).toContainText('only')
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('button', { name: 'Try again' })).toBeEnabled()
  await expect(page.getByRole('alert')).toHaveCount(0)
})

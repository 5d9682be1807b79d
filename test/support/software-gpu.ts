/** WebGPU on a machine without a GPU: SwiftShader, the Vulkan driver that computes on the processor, is part of Chromium. */
import { existsSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { chromium } from '@playwright/test'
import { installedChromium } from '../e2e/browser'

const DRIVER = 'vk_swiftshader_icd.json'

/** The environment of a process whose only graphics adapter is SwiftShader; a text says why there is none. */
export function softwareGpu(): NodeJS.ProcessEnv | string {
  if (process.platform !== 'linux') return 'SwiftShader is found on Linux only'
  const installed = installedChromium()
  const folders = [
    '/usr/lib/chromium',
    '/usr/lib/chromium-browser',
    '/opt/google/chrome',
    ...(installed === undefined ? [] : [dirname(realpathSync(installed))]),
    dirname(chromium.executablePath())
  ]
  const folder = folders.find((candidate) => existsSync(join(candidate, DRIVER)))
  if (folder === undefined) return `no Chromium with ${DRIVER}: looked in ${folders.join(', ')}`
  const driver = join(folder, DRIVER)
  // Chromium brings the loader, libvulkan.so.1, too; a system without graphics drivers has none.
  const libraries = [folder, process.env['LD_LIBRARY_PATH']].filter((path) => path !== undefined)
  return {
    ...process.env,
    VK_DRIVER_FILES: driver,
    VK_ICD_FILENAMES: driver,
    LD_LIBRARY_PATH: libraries.join(delimiter)
  }
}

/** The environment of a process that has no graphics adapter. */
export function withoutGpu(): NodeJS.ProcessEnv {
  return { ...process.env, VK_DRIVER_FILES: '/nowhere', VK_ICD_FILENAMES: '/nowhere' }
}

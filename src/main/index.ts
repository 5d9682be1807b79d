/** Entry of the desktop application, built to `out/main/index.js`. */
import { app } from 'electron'
import { join } from 'node:path'
import { startDesktop } from './hosts/desktop/desktop'

const built = join(import.meta.dirname, '..')

startDesktop({
  preload: join(built, 'preload', 'index.cjs'),
  rendererFolder: join(built, 'renderer'),
  engine: join(built, 'main', 'engine.js'),
  resources: app.isPackaged ? process.resourcesPath : join(built, '..', 'resources')
})

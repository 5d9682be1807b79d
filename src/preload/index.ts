/** Runs sandboxed, in a world of its own: hands the page its port, its files' paths and the menu's commands. */
import { contextBridge, ipcRenderer, webUtils } from 'electron'
import { COMMAND_MESSAGE, OPEN_STUDY_MESSAGE, PORT_MESSAGE, type LinchpinBridge } from './api'
import { COMMAND_CHANNEL, OPEN_STUDY_CHANNEL, PORT_CHANNEL } from './channels'

const bridge: LinchpinBridge = {
  requestPort: () => ipcRenderer.send(PORT_CHANNEL),
  pathForFile: (file) => webUtils.getPathForFile(file)
}
contextBridge.exposeInMainWorld('linchpin', bridge)

// To this very window, whatever origin its scheme has: no other document can be in it.
const toPage = (message: unknown, ports: Transferable[] = []): void => window.postMessage(message, '*', ports)

ipcRenderer.on(PORT_CHANNEL, (event) => toPage(PORT_MESSAGE, [...event.ports]))
ipcRenderer.on(COMMAND_CHANNEL, (_, command: unknown) => toPage({ type: COMMAND_MESSAGE, command }))
ipcRenderer.on(OPEN_STUDY_CHANNEL, (_, path: unknown) => toPage({ type: OPEN_STUDY_MESSAGE, path }))

/** `npm start [-- --browser] [-- STUDY]`: the workstation, in a window or in the browser. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { buildOrExit, runCli } from './parts/cli.ts'
import { fetchElectron, findElectron } from './parts/electron.ts'
import { couldNotOpen, decideHost, hasServeOptions, type HostChoice } from './parts/host.ts'
import { mergeRepeatedInterrupts } from './parts/interrupts.ts'
import { callersFolder, exitCodeOf, projectFolder } from './parts/project.ts'

const words = process.argv.slice(2).filter((word) => word !== '--browser')

function decide(runtime: boolean): HostChoice {
  return decideHost({
    platform: process.platform,
    display: [process.env.DISPLAY, process.env.WAYLAND_DISPLAY].some(Boolean),
    root: process.getuid?.() === 0,
    browserFlag: process.argv.includes('--browser'),
    serveOptions: hasServeOptions(words),
    runtime
  })
}

async function startBrowser(reason: string | undefined): Promise<void> {
  if (reason !== undefined) console.error(reason)
  await runCli(['serve', ...words])
}

async function startDesktop(electron: string): Promise<void> {
  mergeRepeatedInterrupts()
  const child = spawn(electron, [projectFolder, ...words], {
    cwd: callersFolder(),
    stdio: 'inherit',
    env: { ...process.env, ELECTRON_RUN_AS_NODE: undefined }
  })
  const interrupts: NodeJS.Signals[] = []
  const passOn = (signal: NodeJS.Signals): void => {
    interrupts.push(signal)
    child.kill(signal)
  }
  process.on('SIGINT', passOn).on('SIGTERM', passOn)
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  process.off('SIGINT', passOn).off('SIGTERM', passOn)
  if (interrupts.length === 0 && couldNotOpen(code, signal)) {
    const ending = signal ?? `exit code ${String(code)}`
    await startBrowser(`Electron could not open a window (${ending}): Linchpin runs in the browser.`)
  } else {
    process.exitCode = exitCodeOf(code, signal)
  }
}

await buildOrExit()
let electron = findElectron(projectFolder)
if (electron === undefined && decide(true).host === 'desktop') {
  console.error('Fetching the Electron runtime, once (about 120 MB)…')
  const problem = await fetchElectron(projectFolder)
  if (problem !== undefined) console.error(`It could not be fetched: ${problem}`)
  electron = findElectron(projectFolder)
}
const choice = decide(electron !== undefined)
if (choice.host === 'desktop' && electron !== undefined) await startDesktop(electron)
else await startBrowser(choice.reason)

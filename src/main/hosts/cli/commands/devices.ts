import type { Command } from 'commander'
import type { DeviceReport } from '@shared/contract/devices'
import type { Context, Finish } from '../context'
import { note, print, printJson, thousands } from '../output'

export function devicesCommand(program: Command, context: Context, finish: Finish): void {
  program
    .command('devices')
    .description('which devices can compute here, how fast, and why the others cannot')
    .option('--fresh', 'try them again, whatever was found before')
    .option('--json', 'print one JSON value')
    .action((options: { fresh?: boolean; json?: boolean }) =>
      finish(
        context.withApplication('cli', async ({ client }) => {
          const { devices, auto } = await client.devices.list({ fresh: options.fresh === true })
          if (options.json === true) {
            printJson(devices.map((report) => ({ ...report, auto: report.device === auto.provider })))
            return 0
          }
          for (const line of table(devices)) print(line)
          note(
            `auto takes ${auto.provider}; images/s are those of a small network that is run to try a device`
          )
          for (const { device, fix } of devices) if (fix !== null) note(`${device}: ${fix}`)
          return 0
        })
      )
    )
}

function rate(imagesPerSecond: number): string {
  return imagesPerSecond < 10 ? imagesPerSecond.toFixed(1) : thousands(imagesPerSecond)
}

function table(devices: readonly DeviceReport[]): string[] {
  const rows = [
    ['device', 'works', 'images/s', 'of the CPU', 'difference', 'adapter or reason'],
    ...devices.map(({ device, works, imagesPerSecond, speed, difference, adapter, reason }) => [
      device,
      works ? 'yes' : 'no',
      imagesPerSecond === null ? '–' : rate(imagesPerSecond),
      speed === null ? '–' : `${speed.toPrecision(2)} times`,
      difference === null ? '–' : difference.toExponential(1),
      reason ?? adapter ?? ''
    ])
  ]
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  return rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  )
}

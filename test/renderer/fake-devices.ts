import type { DeviceList, DeviceReport } from '@shared/contract/devices'

const absent = (device: DeviceReport['device'], reason: string, fix: string | null = null): DeviceReport => ({
  device,
  works: false,
  reason,
  fix,
  imagesPerSecond: null,
  speed: null,
  difference: null,
  outputsStay: false,
  float16: false,
  adapter: null,
  version: '1.30.0'
})

/** A machine with a made-up graphics adapter. */
export const DEVICES: DeviceList = {
  devices: [
    absent('cuda', "CUDA's files are missing", 'Run "npm run setup:cuda".'),
    {
      device: 'webgpu',
      works: true,
      reason: null,
      fix: null,
      imagesPerSecond: 5230.5,
      speed: 12.4,
      difference: 2e-7,
      outputsStay: true,
      float16: true,
      adapter: 'Made-up GPU 3000',
      version: '1.30.0'
    },
    absent('dml', 'exists on Windows only'),
    absent('coreml', 'exists on macOS only'),
    {
      device: 'cpu',
      works: true,
      reason: null,
      fix: null,
      imagesPerSecond: 421.5,
      speed: 1,
      difference: 0,
      outputsStay: false,
      float16: true,
      adapter: 'Made-up processor',
      version: '1.30.0'
    }
  ],
  auto: { provider: 'webgpu', note: null }
}

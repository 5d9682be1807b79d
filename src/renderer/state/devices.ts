import { computed, shallowRef } from 'vue'
import type { LinchpinClient } from '@shared/contract'
import type { DeviceList, Provider } from '@shared/contract/devices'
import { Task } from './task'

/** Providers as their makers write them. */
export const PROVIDER_WORDS: Readonly<Record<Provider, string>> = {
  cuda: 'CUDA',
  webgpu: 'WebGPU',
  dml: 'DirectML',
  coreml: 'CoreML',
  cpu: 'CPU'
}

/** What can compute on the machine that runs Linchpin. */
export class Devices {
  readonly list = shallowRef<DeviceList | null>(null)
  readonly task = new Task()
  /** The device that auto takes, its adapter with it; null before that is known. */
  readonly auto = computed(() => {
    const provider = this.list.value?.auto.provider
    return this.list.value?.devices.find(({ device }) => device === provider) ?? null
  })
  private readonly client: () => LinchpinClient

  constructor(client: () => LinchpinClient) {
    this.client = client
  }

  /** @param fresh tries again what is known. */
  async load(fresh = false): Promise<void> {
    if (this.task.running.value || (this.list.value !== null && !fresh)) return
    const list = await this.task.run(() => this.client().devices.list({ fresh }))
    if (list !== undefined) this.list.value = list
  }
}

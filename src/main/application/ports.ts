/** What a host gives the application: the only things that differ between window, browser and terminal. */
import type { SupportedMessagePort } from '@orpc/client/message-port'
import type { LinchpinClient } from '@shared/contract'

export interface EngineExit {
  readonly code: number | null
  readonly signal: string | null
}

/** One engine process, started and not yet asked anything. */
export interface EngineProcess {
  /** Carries the engine contract; emits `close` when the process is gone. */
  readonly port: SupportedMessagePort
  readonly exited: Promise<EngineExit>
  kill(): void
}

export interface EngineSettings {
  /** Whether NVIDIA's libraries may compute in TF32; it is decided once for a process. */
  readonly tf32?: boolean
}

export type FilePurpose = Parameters<LinchpinClient['application']['chooseFiles']>[0]['purpose']

export interface HostServices {
  readonly kind: 'desktop' | 'web' | 'cli'
  launchEngine(settings?: EngineSettings): EngineProcess
  /** Absent where there are no native dialogs. Null: the user cancelled. */
  chooseFiles?(purpose: FilePurpose): Promise<string[] | null>
}

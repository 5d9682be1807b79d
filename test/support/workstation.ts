/** The whole application with real engine processes, called as its hosts call it. */
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import type { LinchpinClient } from '@shared/contract'
import { evaluationRequestSchema } from '@shared/contract/evaluation'
import { measurementSpecSchema, type MeasurementSpec, type Run } from '@shared/contract/measurement'
import type { Model } from '@shared/contract/model'
import type { StudyEvent } from '@shared/contract/study'
import { Application, type HostServices } from '../../src/main/application'
import { launchEngineProcess } from '../../src/main/hosts/engine-process'
import { temporaryFolder } from './folder'
import { expected, golden } from './golden'

const root = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

export interface Workstation {
  readonly app: Application
  readonly client: LinchpinClient
  /** Process numbers of the engines that were started, the newest last. */
  readonly engines: readonly number[]
  close(): Promise<void>
}

/** Closed with the test. The engine is the built one. */
export function workstation(
  options: { readonly dataFolder?: string; readonly kind?: HostServices['kind'] } = {}
): Workstation {
  const engines: number[] = []
  const log = pino({
    level: 'silent',
    onChild: (child) => {
      const { engine } = child.bindings()
      if (typeof engine === 'number') engines.push(engine)
    }
  })
  const app = new Application({
    host: {
      kind: options.kind ?? 'cli',
      launchEngine: () => launchEngineProcess({ entry: root('out/main/engine.js'), log })
    },
    dataFolder: options.dataFolder ?? temporaryFolder(),
    resources: root('resources'),
    log
  })
  let closed: Promise<void> | null = null
  const close = (): Promise<void> => (closed ??= app.close())
  onTestFinished(close)
  const client: LinchpinClient = createRouterClient(app.router)
  return { app, client, engines, close }
}

export interface OpenedStudy extends Workstation {
  readonly study: string
  readonly path: string
  readonly folder: string
}

/** A new study, by default with the golden model and all 200 golden images. */
export async function goldenStudy(
  options: {
    readonly folder?: string
    readonly models?: readonly string[]
    readonly labels?: string
    readonly kind?: HostServices['kind']
    readonly dataFolder?: string
  } = {}
): Promise<OpenedStudy> {
  const station = workstation(options)
  const folder = options.folder ?? temporaryFolder()
  const info = await station.client.studies.create({ name: 'study', path: join(folder, 'study.linchpin') })
  const opened = { ...station, study: info.id, path: info.path, folder }
  for (const path of options.models ?? [golden('model.safetensors')]) await addModel(opened, path)
  await station.client.evaluation.set({
    study: info.id,
    request: evaluationRequestSchema.parse({
      path: golden('images_uint8_nchw.npy'),
      labels: options.labels ?? golden('labels_int64.npy'),
      all: true
    })
  })
  return opened
}

export async function addModel(
  { client, study }: OpenedStudy,
  path: string,
  part: Partial<Parameters<LinchpinClient['models']['add']>[0]['models'][number]> = {}
): Promise<Model> {
  const options = { mean: expected.mean, std: expected.std }
  const [outcome] = await client.models.add({ study, models: [{ path, options, ...part }] })
  if (outcome?.model == null) throw new Error(outcome?.problem?.message ?? 'not added')
  return outcome.model
}

/** A specification; the processor and one thread, so that numbers are the same in every run. */
export const spec = (part: Partial<MeasurementSpec> = {}): MeasurementSpec =>
  measurementSpecSchema.parse({ device: 'cpu', threads: 1, ...part })

const ENDED: readonly string[] = ['done', 'failed', 'cancelled', 'paused']

/**
 * Starts a run and sees it to its end; `onEvent` sees every event on the way.
 * @returns the run as it ended, and all events after the snapshot.
 */
export async function measured(
  opened: OpenedStudy,
  begin: () => Promise<Run | number>,
  onEvent: (event: StudyEvent, run: number) => unknown = () => undefined
): Promise<{ run: Run; events: StudyEvent[] }> {
  const watching = new AbortController()
  const events: StudyEvent[] = []
  const stream = await opened.client.studies.watch({ study: opened.study }, { signal: watching.signal })
  try {
    // The snapshot: from here on nothing is missed.
    await stream.next()
    const begun = await begin()
    const id = typeof begun === 'number' ? begun : begun.id
    for await (const event of stream) {
      events.push(event)
      await onEvent(event, id)
      if (event.type === 'run' && event.run.id === id && ENDED.includes(event.run.state))
        return { run: event.run, events }
    }
    throw new Error('the stream ended before the run')
  } finally {
    watching.abort()
  }
}

export const measure = (
  opened: OpenedStudy,
  part: Partial<MeasurementSpec> = {}
): Promise<{ run: Run; events: StudyEvent[] }> =>
  measured(opened, () => opened.client.measurement.start({ study: opened.study, spec: spec(part) }))

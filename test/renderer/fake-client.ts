import { createRouterClient, implement } from '@orpc/server'
import { contract, type LinchpinClient } from '@shared/contract'
import type { CellDetail, Run } from '@shared/contract/measurement'
import type { LoadCheckOutcome } from '@shared/contract/loading'
import type { Inspection, ModelOptions } from '@shared/contract/model'
import type { ImportOutcome, StudyEvent, StudySnapshot } from '@shared/contract/study'
import { LinchpinError } from '@shared/errors'
import { DEVICES } from './fake-devices'
import { fakeCheck, fakeInspection } from './fake-inspection'
import { emptyStudy, EVALUATION, fakeModel, fakeRun, sampleStudy } from './fake-study'

const os = implement(contract)

/** Hands each event to everyone who watches. */
class Stream {
  private readonly waiting = new Set<() => void>()
  private readonly queues = new Set<StudyEvent[]>()

  send(event: StudyEvent): void {
    for (const queue of this.queues) queue.push(event)
    for (const wake of this.waiting) wake()
    this.waiting.clear()
  }

  async *watch(first: StudyEvent, signal?: AbortSignal): AsyncGenerator<StudyEvent, void, void> {
    const queue: StudyEvent[] = [first]
    this.queues.add(queue)
    try {
      while (!signal?.aborted) {
        const next = queue.shift()
        if (next) yield next
        else {
          await new Promise<void>((resolve) => {
            this.waiting.add(resolve)
            signal?.addEventListener('abort', () => resolve(), { once: true })
          })
        }
      }
    } finally {
      this.queues.delete(queue)
    }
  }
}

export interface FakeApplication {
  readonly client: LinchpinClient
  /** The study as it stands; events change it for everyone who opens it later. */
  study: StudySnapshot
  readonly send: (event: StudyEvent) => void
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** How files are answered for; a test that needs their order has its own. */
export interface Answers {
  readonly inspect: (path: string, options: ModelOptions | undefined) => Promise<Inspection>
  readonly check: (path: string, options: ModelOptions | undefined) => Promise<LoadCheckOutcome>
}

const ANSWERS: Answers = {
  inspect: (path, options) => wait(150).then(() => fakeInspection(path, options)),
  check: (path, options) => wait(150).then(() => fakeCheck(path, options))
}

/** An application in memory, with one made-up study. */
export function fakeApplication(
  study: StudySnapshot,
  open = true,
  answers: Partial<Answers> = {}
): FakeApplication {
  const { inspect, check } = { ...ANSWERS, ...answers }
  const stream = new Stream()
  const application = { study, send: (event: StudyEvent) => stream.send(event) }

  const setRun = (id: number, state: Run['state']): void => {
    const runs = application.study.runs.map((run) => (run.id === id ? { ...run, state } : run))
    application.study = { ...application.study, runs }
    for (const run of runs) if (run.id === id) stream.send({ type: 'run', run })
  }
  const moveRun = (id: number, place: number): void => {
    const waiting = application.study.runs
      .filter((run) => run.state === 'queued' && run.id !== id)
      .toSorted((a, b) => (a.place ?? 0) - (b.place ?? 0))
      .map((run) => run.id)
    waiting.splice(place, 0, id)
    const runs = application.study.runs.map((run) =>
      run.state === 'queued' ? { ...run, place: waiting.indexOf(run.id) } : run
    )
    application.study = { ...application.study, runs }
    for (const run of runs) stream.send({ type: 'run', run })
  }
  const setModels = (models: StudySnapshot['models']): void => {
    application.study = { ...application.study, models }
    stream.send({ type: 'models', models })
  }
  const show = (next: StudySnapshot): StudySnapshot['info'] => {
    application.study = next
    return next.info
  }

  const router = os.router({
    application: {
      info: os.application.info.handler(() => ({
        version: '0.1.0',
        host: 'web',
        dialogs: false,
        study: open ? application.study.info : null,
        dataFolder: '/made-up/data',
        logFile: '/made-up/data/log',
        cores: 8
      })),
      chooseFiles: os.application.chooseFiles.handler(() => null)
    },
    devices: {
      list: os.devices.list.handler(async ({ input }) => {
        if (input.fresh) await wait(400)
        return DEVICES
      })
    },
    studies: {
      recent: os.studies.recent.handler(() => [
        { name: 'Made-up recipes', path: '/made-up/recipes.linchpin', openedAt: '2026-01-02T03:04:05.000Z' },
        { name: 'Made-up budgets', path: '/made-up/budgets.linchpin', openedAt: '2026-01-01T03:04:05.000Z' }
      ]),
      create: os.studies.create.handler(({ input }) => {
        const empty = emptyStudy()
        return show({ ...empty, info: { ...empty.info, name: input.name } })
      }),
      open: os.studies.open.handler(({ input }) => {
        if (!input.path.endsWith('.linchpin')) {
          throw new LinchpinError('STUDY_INVALID', `“${input.path}” is no study.`)
        }
        return show(sampleStudy())
      }),
      openSample: os.studies.openSample.handler(() => {
        const sample = sampleStudy()
        return show({ ...sample, info: { ...sample.info, name: 'Made-up sample', sample: true } })
      }),
      writeSample: os.studies.writeSample.handler(() => application.study.info),
      watch: os.studies.watch.handler(async function* ({ signal }) {
        yield* stream.watch({ type: 'snapshot', snapshot: application.study }, signal)
      })
    },
    models: {
      inspect: os.models.inspect.handler(({ input }) =>
        Promise.all(input.files.map(({ path, options }) => inspect(path, options)))
      ),
      check: os.models.check.handler(({ input }) =>
        Promise.all(input.files.map(({ path, options }) => check(path, options)))
      ),
      add: os.models.add.handler(({ input }) =>
        input.models.map((request): ImportOutcome => {
          const inspection = fakeInspection(request.path, request.options)
          const { layers, steps, heads, preprocessing } = inspection
          const id = request.name ?? request.path
          const model = {
            ...fakeModel(id, request.category ?? 'uncategorised', layers, null),
            options: request.options ?? {},
            steps,
            heads,
            preprocessing
          }
          setModels([...application.study.models, model])
          return {
            path: request.path,
            model,
            existing: false,
            inspection,
            problem: null
          }
        })
      ),
      update: os.models.update.handler(({ input }) => {
        const model = application.study.models.find(({ id }) => id === input.model)
        if (!model) throw new LinchpinError('MODEL_UNKNOWN', `“${input.model}”`)
        const changed = {
          ...model,
          name: input.name ?? model.name,
          category: input.category ?? model.category,
          attributes: input.attributes ?? model.attributes
        }
        setModels(application.study.models.map((other) => (other === model ? changed : other)))
        return changed
      }),
      remove: os.models.remove.handler(({ input }) => {
        setModels(application.study.models.filter(({ id }) => id !== input.model))
      }),
      locate: os.models.locate.handler(({ input }) => {
        throw new LinchpinError('FILE_NOT_FOUND', `“${input.path}”`, { fix: 'Check the path.' })
      }),
      predict: os.models.predict.handler(() => ({ images: 0, classes: 0, warnings: [] }))
    },
    evaluation: {
      set: os.evaluation.set.handler(async ({ input }) => {
        for (let done = 0; done <= 10; done++) {
          stream.send({ type: 'preparing', done: done * 25, total: 256, ended: false })
          await wait(60)
        }
        stream.send({ type: 'preparing', done: 256, total: 256, ended: true })
        const evaluation = { ...EVALUATION, request: input.request }
        application.study = { ...application.study, evaluation }
        stream.send({ type: 'evaluation', evaluation })
        return evaluation
      }),
      cancel: os.evaluation.cancel.handler(() => undefined),
      export: os.evaluation.export.handler(() => ({ images: 256 }))
    },
    measurement: {
      plan: os.measurement.plan.handler(async ({ input }) => {
        if (input.estimate) await wait(400)
        const models = input.spec.models.length || application.study.models.length
        const { targetSe, trials, budget } = input.spec
        const cells = models * 21
        const units = cells * (targetSe === undefined ? trials : 40)
        const passes = units * (targetSe === undefined ? 256 : 16)
        return {
          models,
          layers: 21,
          cells,
          units,
          measured: 63,
          images: input.spec.images ?? 256,
          passes,
          leastPasses: targetSe === undefined ? passes : cells * 128,
          mostPasses: targetSe === undefined ? passes : cells * budget,
          expectedError: 0.0123,
          imagesPerSecond: input.estimate ? 312.4 : null,
          seconds: input.estimate ? passes / 312.4 : null
        }
      }),
      start: os.measurement.start.handler(({ input }) => {
        const run = { ...fakeRun(application.study.runs.length + 1, 'running', 0.01), spec: input.spec }
        application.study = { ...application.study, runs: [...application.study.runs, run] }
        stream.send({ type: 'run', run })
        return run
      }),
      pause: os.measurement.pause.handler(({ input }) => setRun(input.run, 'paused')),
      resume: os.measurement.resume.handler(({ input }) => setRun(input.run, 'running')),
      cancel: os.measurement.cancel.handler(({ input }) => setRun(input.run, 'cancelled')),
      move: os.measurement.move.handler(({ input }) => moveRun(input.run, input.place))
    },
    results: {
      trials: os.results.trials.handler(() => []),
      layers: os.results.layers.handler(() => []),
      cell: os.results.cell.handler(({ input }) => cellDetail(application.study, input)),
      stats: os.results.stats.handler(() => {
        throw new LinchpinError('NOTHING_TO_MEASURE', 'The made-up study has no statistics.')
      }),
      compare: os.results.compare.handler(() => {
        throw new LinchpinError('NOTHING_MEASURED', 'The made-up study has no trials to compare.')
      })
    }
  })
  return Object.assign(application, { client: createRouterClient(router, { context: {} }) })
}

function cellDetail(
  study: StudySnapshot,
  input: { series: string; model: string; layer: string }
): CellDetail {
  const cell = study.cells
    .find(({ model, series }) => model === input.model && series === input.series)
    ?.cells.find(({ layer }) => layer === input.layer)
  if (!cell) throw new LinchpinError('LAYER_UNKNOWN', `“${input.layer}”`)
  return {
    ...cell,
    ...input,
    scheme: 'timm-resnet',
    measured: Array.from({ length: cell.trials }, (_, trial) => trial).map((trial) => ({
      trial,
      images: Math.round(cell.observations / cell.trials),
      metrics: {
        cosineSimilarity: 1 - cell.mean,
        criticality: Math.min(1, cell.mean * (0.9 + (trial % 7) / 35)),
        l1: 1.5,
        l2: 0.9,
        agreement: 0.25,
        kl: 3.25,
        js: 0.5,
        crossEntropyOfLogits: -12.5,
        top1: 0.25,
        top5: 0.75,
        loss: 4.5,
        recoveredAccuracy: 0.3125,
        originalTop1: 0.8
      }
    })),
    original: { images: 256, top1: 0.8, top5: 0.98, loss: 0.75 }
  }
}

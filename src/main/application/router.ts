import { availableParallelism } from 'node:os'
import { basename, resolve } from 'node:path'
import { implement } from '@orpc/server'
import type { Logger } from 'pino'
import { contract } from '@shared/contract'
import { problemMiddleware } from '../rpc/problem-middleware'
import { VERSION } from './version'
import { addModel, inspectFile, locateModel, published } from './models'
import { withAbsoluteHead } from './heads'
import { checkFiles } from './loading'
import { predict } from './predicting'
import type { Services } from './services'
import { compare } from './comparison'
import { cellDetail, layerRows, stats, trialRows } from './results'

/** Every procedure of the contract, bound to the application. */
export function applicationRouter(app: Services, log: Logger) {
  const os = implement(contract).use(problemMiddleware(log))
  const study = (input: { study: string }) => app.studies.get(input.study)
  return os.router({
    application: {
      info: os.application.info.handler(() => ({
        version: VERSION,
        host: app.host.kind,
        dialogs: app.host.chooseFiles !== undefined,
        study: app.firstStudy,
        dataFolder: app.folders.data,
        logFile: app.folders.log,
        cores: availableParallelism()
      })),
      chooseFiles: os.application.chooseFiles.handler(
        async ({ input }) => (await app.host.chooseFiles?.(input.purpose)) ?? null
      )
    },
    devices: {
      list: os.devices.list.handler(({ input }) => app.devices.list(input))
    },
    studies: {
      recent: os.studies.recent.handler(() => app.recent.list()),
      create: os.studies.create.handler(({ input }) => app.studies.create(input.name, input.path).info()),
      open: os.studies.open.handler(({ input }) => {
        const name = basename(resolve(input.path)).replace(/\.linchpin$/i, '')
        return app.openStudy(input.path, input.create ? { name, keepEmpty: false } : undefined).info()
      }),
      openSample: os.studies.openSample.handler(async () => (await app.openSample()).info()),
      writeSample: os.studies.writeSample.handler(async ({ input }) =>
        (await app.openSample(resolve(input.folder))).info()
      ),
      watch: os.studies.watch.handler(({ input, signal }) => {
        const open = study(input)
        return open.watch(() => app.queue.runs(open), signal)
      })
    },
    models: {
      inspect: os.models.inspect.handler(({ input }) =>
        Promise.all(input.files.map(({ path, options }) => inspectFile(path, options)))
      ),
      check: os.models.check.handler(({ input, signal }) =>
        checkFiles(
          study(input),
          input.files.map(({ path, options }) => ({ path, options: withAbsoluteHead(options) })),
          app,
          signal
        )
      ),
      add: os.models.add.handler(async ({ input }) => {
        const outcomes = []
        for (const request of input.models) outcomes.push(await addModel(study(input), request))
        return outcomes
      }),
      update: os.models.update.handler(({ input }) => {
        const open = study(input)
        const { model } = open.model(input.model)
        open.store.models.update(model.id, {
          name: input.name ?? model.name,
          category: input.category ?? model.category,
          attributes: input.attributes ?? model.attributes
        })
        return published(open, model.id)
      }),
      remove: os.models.remove.handler(({ input }) => {
        const open = study(input)
        open.store.models.remove(open.model(input.model).model.id)
        open.publish({ type: 'models', models: open.models() })
      }),
      locate: os.models.locate.handler(({ input }) => locateModel(study(input), input.model, input.path)),
      predict: os.models.predict.handler(({ input }) => predict(input, () => app.host.launchEngine()))
    },
    evaluation: {
      set: os.evaluation.set.handler(({ input }) => app.evaluations.set(study(input), input.request)),
      cancel: os.evaluation.cancel.handler(({ input }) => app.evaluations.cancel(study(input))),
      export: os.evaluation.export.handler(({ input }) => app.evaluations.export(study(input), input.path))
    },
    measurement: {
      plan: os.measurement.plan.handler(({ input }) =>
        app.queue.plan(study(input), input.spec, input.estimate)
      ),
      start: os.measurement.start.handler(({ input }) => app.queue.start(study(input), input.spec)),
      pause: os.measurement.pause.handler(({ input }) => app.queue.pause(study(input), input.run)),
      resume: os.measurement.resume.handler(({ input }) => app.queue.resume(study(input), input.run)),
      cancel: os.measurement.cancel.handler(({ input }) => app.queue.cancel(study(input), input.run)),
      move: os.measurement.move.handler(({ input }) => app.queue.move(study(input), input.run, input.place))
    },
    results: {
      trials: os.results.trials.handler(({ input }) => trialRows(study(input))),
      layers: os.results.layers.handler(({ input }) => layerRows(study(input))),
      cell: os.results.cell.handler(({ input }) => cellDetail(study(input), input)),
      stats: os.results.stats.handler(({ input }) => stats(study(input), input.request)),
      compare: os.results.compare.handler(({ input }) => compare(study(input), input.request))
    }
  })
}

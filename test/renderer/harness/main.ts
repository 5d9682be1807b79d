import type { Connection } from '../../../src/renderer/client/connection'
import { mount } from '../../../src/renderer/mount'
import { fakeApplication, type FakeApplication } from '../fake-client'
import { adaptiveStudy, emptyStudy, fakeCell, fakeRun, largeStudy, sampleStudy, SERIES } from '../fake-study'

/** `?study=start|empty|unmeasured|sample|measuring|adaptive|large|huge` chooses what is shown. */
const wanted = new URLSearchParams(window.location.search).get('study') ?? 'sample'

const STUDIES: Readonly<Record<string, () => FakeApplication>> = {
  start: () => fakeApplication(emptyStudy(), false),
  empty: () => fakeApplication(emptyStudy()),
  unmeasured: () => fakeApplication(sampleStudy(0)),
  sample: () => fakeApplication(sampleStudy()),
  measuring: () => fakeApplication(sampleStudy(0.55)),
  adaptive: () => fakeApplication(adaptiveStudy()),
  large: () => fakeApplication(largeStudy()),
  huge: () => fakeApplication(largeStudy(200))
}

const application = (STUDIES[wanted] ?? STUDIES.sample)?.()
const { promise: closed, resolve: close } = Promise.withResolvers<undefined>()

/** Everything moves a little, as in a real measurement. */
function pretendToMeasure({ send, study }: FakeApplication): void {
  let step = 0
  setInterval(() => {
    step += 1
    send({ type: 'run', run: fakeRun(1, 'running', Math.min(0.99, 0.55 + step / 2000)) })
    const model = study.models[3 + (step % 3)]
    const layers = model?.layers.filter((layer) => layer.kind !== 'norm') ?? []
    const layer = layers[step % Math.max(1, layers.length)]
    if (!model || !layer) return
    const cells = [fakeCell(layer.name, (step % 100) / 100, 1 + (step % 3))]
    send({ type: 'cells', cells: { series: SERIES.id, model: model.id, cells } })
  }, 200)
}

function connectFake(): Promise<Connection> {
  if (!application) return Promise.reject(new Error('There is no such study.'))
  return Promise.resolve({
    client: application.client,
    kind: 'browser',
    closed,
    groupFolder: (group) => `/made-up/uploads/${group}`,
    filePath: (file) => Promise.resolve(`/made-up/uploads/${file.name}`)
  })
}

window.addEventListener('keydown', (event) => {
  if (event.key === 'F9') close(undefined)
})
void mount(connectFake)
if (wanted === 'measuring' && application) pretendToMeasure(application)

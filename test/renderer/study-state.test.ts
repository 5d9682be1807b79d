import { describe, expect, it } from 'vitest'
import { StudyState } from '../../src/renderer/state/study'
import { StudyView } from '../../src/renderer/state/view'
import { fakeApplication } from './fake-client'
import { fakeCell, fakeRun, sampleStudy, SERIES } from './fake-study'

/** A state whose frames come when the test says so. */
function stateOf(snapshot = sampleStudy()) {
  const frames: (() => void)[] = []
  const application = fakeApplication(snapshot)
  const state = new StudyState(application.client, snapshot.info, (task) => frames.push(task))
  state.apply({ type: 'snapshot', snapshot })
  const nextFrame = (): void => {
    for (const task of frames.splice(0)) task()
  }
  nextFrame()
  return { application, state, frames, nextFrame }
}

describe('StudyState', () => {
  it('has what the snapshot has', () => {
    const { state } = stateOf()
    expect(state.ready.value).toBe(true)
    expect(state.models.value).toHaveLength(6)
    expect(state.cell(SERIES.id, 'original', 'conv1')?.mean).toBe(0.97)
    expect(state.cell(SERIES.id, 'original', 'bn1')).toBeUndefined()
  })

  it('replaces the cells that an event names and keeps the others', () => {
    const { state } = stateOf()
    const kept = state.cell(SERIES.id, 'original', 'fc')
    const cells = [fakeCell('conv1', 0.125, 4)]
    state.apply({ type: 'cells', cells: { series: SERIES.id, model: 'original', cells } })
    expect(state.cell(SERIES.id, 'original', 'conv1')).toEqual(fakeCell('conv1', 0.125, 4))
    expect(state.cell(SERIES.id, 'original', 'fc')).toBe(kept)
  })

  it('announces any number of changed cells once a frame', () => {
    const { state, frames, nextFrame } = stateOf()
    const before = state.revision.value
    for (let trial = 1; trial <= 100; trial++) {
      const cells = [fakeCell('conv1', trial / 100, trial)]
      state.apply({ type: 'cells', cells: { series: SERIES.id, model: 'original', cells } })
    }
    expect(frames).toHaveLength(1)
    nextFrame()
    expect(state.revision.value).toBe(before + 1)
  })

  it('adds new runs and replaces known ones', () => {
    const { state } = stateOf()
    state.apply({ type: 'run', run: fakeRun(2, 'running', 0.5) })
    state.apply({ type: 'run', run: fakeRun(2, 'paused', 0.5) })
    expect(state.runs.value.map(({ id, state: is }) => [id, is])).toEqual([
      [1, 'done'],
      [2, 'paused']
    ])
  })

  it('ends a preparation with its last event', () => {
    const { state } = stateOf()
    state.apply({ type: 'preparing', done: 3, total: 9, ended: false })
    expect(state.preparing.value).toEqual({ done: 3, total: 9 })
    state.apply({ type: 'preparing', done: 3, total: 9, ended: true })
    expect(state.preparing.value).toBeNull()
  })

  it('forgets the cells of a removed model, also when its id is given again', () => {
    const { state } = stateOf()
    const all = state.models.value
    state.apply({ type: 'models', models: all.slice(1) })
    state.apply({ type: 'models', models: [...all] })
    expect(state.cell(SERIES.id, 'original', 'conv1')).toBeUndefined()
    expect(state.cell(SERIES.id, 'augmix', 'conv1')).toBeDefined()
  })

  it('follows the application until it is stopped, without a problem', async () => {
    const snapshot = sampleStudy()
    const application = fakeApplication(snapshot)
    const state = new StudyState(application.client, snapshot.info, (task) => task())
    const followed = state.follow()
    await expect.poll(() => state.ready.value).toBe(true)
    await application.client.models.remove({ study: 'study-1', model: 'augmix' })
    await expect.poll(() => state.models.value.length).toBe(5)
    state.stop()
    await followed
    expect(state.problem.value).toBeNull()
  })
})

describe('StudyView', () => {
  it('shows convolutions and linear layers, baseline first', () => {
    const view = new StudyView(stateOf().state)
    expect(view.data.value.rows.map(({ category }) => category)).toEqual([
      'baseline',
      'adversarial',
      'adversarial',
      'augmentation',
      'self-supervised',
      'improved'
    ])
    // conv1, 4 stages of 4 convolutions, 3 downsampling ones, fc.
    expect(view.data.value.columns).toHaveLength(21)
    view.setKind('norm', true)
    expect(view.data.value.columns).toHaveLength(41)
  })

  it('filters models and layers by words', () => {
    const view = new StudyView(stateOf().state)
    view.filter.value = 'adversarial layer2'
    expect(view.data.value.rows).toHaveLength(2)
    expect(view.data.value.columns).toHaveLength(5)
    view.filter.value = 'nowhere'
    expect(view.data.value.rows).toHaveLength(0)
  })

  it('leaves out models that are not ticked', () => {
    const view = new StudyView(stateOf().state)
    view.setIncluded('augmix', false)
    expect(view.data.value.rows.map(({ id }) => id)).not.toContain('augmix')
    view.setIncluded('augmix', true)
    expect(view.data.value.rows).toHaveLength(6)
  })

  it('follows changed cells', () => {
    const { state, nextFrame } = stateOf()
    const view = new StudyView(state)
    expect(view.data.value.entries[0]?.[0]?.mean).toBe(0.97)
    const cells = [fakeCell('conv1', 0.25)]
    state.apply({ type: 'cells', cells: { series: SERIES.id, model: 'original', cells } })
    nextFrame()
    expect(view.data.value.entries[0]?.[0]?.mean).toBe(0.25)
  })

  it('takes the series with most measurements until one is chosen', () => {
    const { state } = stateOf()
    const view = new StudyView(state)
    const other = { ...SERIES, id: 'series-2', seed: 1, measurements: 50 }
    state.apply({ type: 'series', series: [SERIES, other] })
    expect(view.series.value?.id).toBe('series-2')
    view.chooseSeries(SERIES.id)
    expect(view.series.value?.id).toBe(SERIES.id)
  })

  it('has the columns of the unit that the series perturbed, whatever the kinds', () => {
    const { state } = stateOf()
    const view = new StudyView(state)
    const blocks = { ...SERIES, id: 'blocks', unit: 'block' } as const
    state.apply({ type: 'series', series: [SERIES, blocks, { ...SERIES, id: 'stages', unit: 'stage' }] })
    const names = () => view.data.value.columns.map(({ name }) => name)
    view.chooseSeries('blocks')
    expect(names().slice(0, 5)).toEqual(['conv1', 'bn1', 'layer1.0', 'layer1.1', 'layer2.0'])
    expect(view.data.value.stages.map(({ name }) => name)).toEqual(['layer1', 'layer2', 'layer3', 'layer4'])
    expect(view.kindsPresent.value).toEqual([])
    const convolutions = { ...blocks, kinds: ['conv' as const] }
    state.apply({ type: 'series', series: [convolutions, { ...SERIES, id: 'stages', unit: 'stage' }] })
    expect(names().slice(0, 3)).toEqual(['conv1', 'layer1.0', 'layer1.1'])
    expect(view.unitNamed(state.models.value[0]?.layers ?? [], 'layer1.0')?.members).toHaveLength(2)
    view.chooseSeries('stages')
    expect(names()).toEqual(['conv1', 'bn1', 'layer1', 'layer2', 'layer3', 'layer4', 'fc'])
    expect(view.data.value.stages).toEqual([])
  })

  it('moves the selection by cells and stops at the edges', () => {
    const view = new StudyView(stateOf().state)
    view.move(1, 0)
    expect(view.selection.value).toEqual({ type: 'cell', model: 'original', layer: 'conv1' })
    view.move(1, 1)
    expect(view.selection.value).toEqual({
      type: 'cell',
      model: 'adversarial-l2-1',
      layer: 'layer1.0.conv1'
    })
    view.move(Infinity, -10)
    expect(view.selection.value).toEqual({ type: 'cell', model: 'original', layer: 'fc' })
  })
})

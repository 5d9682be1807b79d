import { expect, it } from 'vitest'
import { ProgressMeter } from '../../../../src/main/application/measuring/progress'

/** A meter of 1000 passes that are 500 full passes of work, with a clock of its own. */
function meter(): { meter: ProgressMeter; after: (milliseconds: number, ticks?: number) => void } {
  let now = 1000
  const m = new ProgressMeter(() => now)
  m.expect('model', { units: 4, cells: 2, passes: 1000, work: 500 })
  m.at('model', null, null)
  const after = (milliseconds: number, ticks = 1): void => {
    for (let i = 0; i < ticks; i++) {
      now += milliseconds / ticks
      m.tick()
    }
  }
  return { meter: m, after }
}

it('has no rate before anything was done', () => {
  expect(meter().meter.read()).toMatchObject({
    units: 0,
    totalUnits: 4,
    cells: 0,
    totalCells: 2,
    open: false,
    passes: 0,
    totalPasses: 1000,
    rate: null,
    secondsLeft: null
  })
})

it('has the rate of the time so far, and the time left by the work that passes are', () => {
  const { meter: m, after } = meter()
  after(2000)
  m.at('model', 'conv1', 2)
  m.passed(100, 80)
  m.finished('units')
  // 100 images and 80 passes of work in 2 s; 420 passes of work are left.
  expect(m.read()).toEqual({
    units: 1,
    totalUnits: 4,
    cells: 0,
    totalCells: 2,
    open: false,
    passes: 100,
    totalPasses: 1000,
    rate: 50,
    secondsLeft: 10.5,
    model: 'model',
    layer: 'conv1',
    trial: 2
  })
})

it('forgets how slow the beginning was', () => {
  const { meter: m, after } = meter()
  after(300_000, 300)
  m.passed(10, 1)
  for (let i = 0; i < 80; i++) {
    after(1000)
    m.passed(2, 1)
  }
  expect(m.read().rate).toBeCloseTo(2, 12)
  // 81 of 500 are done, at one a second.
  expect(m.read().secondsLeft).toBeCloseTo(419, 9)
})

it('takes no account of the time that the machine was asleep, and takes slow work as it is', () => {
  const asleep = meter()
  asleep.after(1000)
  asleep.meter.passed(10, 10)
  asleep.after(3_600_000)
  asleep.meter.passed(10, 10)
  asleep.after(1000)
  asleep.meter.passed(10, 10)
  expect(asleep.meter.read()).toMatchObject({ rate: 15, secondsLeft: 470 / 15 })
  const slow = meter()
  // The clock ticks on: twenty seconds of work.
  slow.after(20_000, 20)
  slow.meter.passed(10, 10)
  expect(slow.meter.read().secondsLeft).toBe(980)
})

it('never has less than nothing left, and more when more is planned', () => {
  const { meter: m, after } = meter()
  after(1000)
  m.passed(1500, 700)
  expect(m.read()).toMatchObject({ passes: 1500, totalPasses: 1500, secondsLeft: 0 })
  m.expect('model', { units: 1, cells: 1, passes: 100, work: 70 }, 140)
  // 70 are planned and 140 expected, at 700 a second.
  expect(m.read()).toMatchObject({ totalPasses: 1600, open: true, secondsLeft: 0.3 })
})

it('sums up models', () => {
  const { meter: m, after } = meter()
  m.expect('other', { units: 3, cells: 3, passes: 10, work: 10 })
  after(1000)
  m.passed(10, 10)
  m.at('other', null, null)
  m.passed(5, 5)
  m.finished('units')
  m.finished('cells')
  expect(m.read()).toMatchObject({
    units: 1,
    totalUnits: 7,
    cells: 1,
    totalCells: 5,
    passes: 15,
    totalPasses: 1010
  })
  // A model that is given up leaves what was done.
  m.expect('other', { units: 0, cells: 0, passes: 0, work: 0 })
  expect(m.read()).toMatchObject({ units: 1, totalUnits: 5, totalCells: 3, totalPasses: 1005 })
})

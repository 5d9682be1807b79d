/** A study as a file: made, opened again, refused, full, damaged. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync
} from 'node:fs'
import { basename, join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { StudyStore } from '../../../src/main/store'
import { StudyDatabase } from '../../../src/main/store/database'
import { MeasurementTable } from '../../../src/main/store/measurements'
import { temporaryFolder } from '../../support/folder'
import { expectProblem } from '../../support/problems'
import { addTrial, configuration, metrics, piece, storedModel } from '../../support/study'

const place = (): string => join(temporaryFolder(), 'study.linchpin')

function opened(path: string, create?: { name: string; sample?: boolean }): StudyStore {
  const store = StudyStore.open(path, create === undefined ? {} : { create })
  onTestFinished(() => store.close())
  return store
}

function edited(path: string, edit: (database: Database.Database) => void): void {
  const database = new Database(path)
  try {
    edit(database)
  } finally {
    database.close()
  }
}

function made(): string {
  const path = place()
  const store = StudyStore.open(path, { create: { name: 'Made' } })
  store.models.add(storedModel('kept'))
  addTrial(store, store.configurations.findOrAdd(configuration()), 'a', 0, [0.25, 0.5])
  store.close()
  return path
}

describe('a study', () => {
  it('keeps its name and contents, and leaves one file', () => {
    const path = made()
    expect(readdirSync(join(path, '..'))).toEqual([basename(path)])
    const store = opened(path)
    expect(store.info()).toEqual({ name: 'Made', sample: false })
    expect(store.models.all()).toEqual([storedModel('kept')])
    expect(store.cells.of(1)).toMatchObject([{ layer: 'a', mean: 0.375, trials: 1 }])
  })

  it('is a SQLite file with an application id, in WAL mode, of the present version', () => {
    const path = made()
    edited(path, (database) => {
      const pragma = (name: string): unknown => database.pragma(name, { simple: true })
      // "LPIN" in ASCII.
      expect(pragma('application_id')).toBe(0x4c50494e)
      expect(pragma('journal_mode')).toBe('wal')
      expect(pragma('user_version')).toBeGreaterThan(0)
      expect(pragma('integrity_check')).toBe('ok')
    })
  })

  it('keeps its name when it is asked for under another one', () => {
    const path = made()
    expect(opened(path, { name: 'Other', sample: true }).info()).toEqual({ name: 'Made', sample: false })
  })

  it('is written while another connection reads it', () => {
    const path = made()
    const one = opened(path)
    const two = opened(path)
    addTrial(one, 1, 'b', 0, [0, 1])
    expect(two.cells.of(1).map(({ layer }) => layer)).toEqual(['a', 'b'])
  })

  it('can be renamed between two openings', () => {
    const path = made()
    const other = join(temporaryFolder(), 'moved.linchpin')
    renameSync(path, other)
    expect(opened(other).info().name).toBe('Made')
  })

  it('may be made in an empty file', () => {
    const path = place()
    writeFileSync(path, '')
    const store = StudyStore.open(path, { create: { name: 'New' } })
    onTestFinished(() => store.close())
    expect(store.info()).toEqual({ name: 'New', sample: false })
  })
})

describe('opening refuses', () => {
  it('an empty file', async () => {
    const path = place()
    writeFileSync(path, '')
    await expectProblem(() => StudyStore.open(path), 'STUDY_INVALID', path)
  })

  it('a file that is not there', async () => {
    const path = place()
    await expectProblem(() => StudyStore.open(path), 'FILE_NOT_FOUND', path)
    expect(existsSync(path)).toBe(false)
  })

  it('a study of a newer version, and leaves it as it is', async () => {
    const path = made()
    edited(path, (database) => database.pragma('user_version = 4711'))
    const before = readFileSync(path)
    const { fix } = await expectProblem(() => StudyStore.open(path), 'STUDY_NEWER', path, '4711')
    expect(fix).toContain('newest version')
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  it('a text file, and leaves it as it is', async () => {
    const path = place()
    writeFileSync(path, 'layer,criticality\nconv1,0.5\n')
    await expectProblem(() => StudyStore.open(path), 'STUDY_INVALID', path)
    await expectProblem(() => StudyStore.open(path, { create: { name: 'x' } }), 'STUDY_INVALID', path)
    expect(readFileSync(path, 'utf8')).toBe('layer,criticality\nconv1,0.5\n')
  })

  it('a SQLite file of another program, and leaves it as it is', async () => {
    const path = place()
    edited(path, (database) => database.exec('CREATE TABLE notes (text TEXT)'))
    const before = readFileSync(path)
    await expectProblem(() => StudyStore.open(path), 'STUDY_INVALID', 'another program')
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  it('a file that ends after its first bytes', async () => {
    const path = made()
    truncateSync(path, 60)
    await expectProblem(() => StudyStore.open(path), 'STUDY_INVALID', path)
  })

  it('a folder', async () => {
    const path = place()
    mkdirSync(path)
    await expectProblem(() => StudyStore.open(path), 'FILE_UNREADABLE', path)
  })

  // No process may make files there, whoever runs it.
  it.runIf(process.platform === 'linux')('a place that cannot be written', async () => {
    await expectProblem(
      () => StudyStore.open('/proc/study.linchpin', { create: { name: 'x' } }),
      'FILE_UNWRITABLE',
      '/proc/study.linchpin'
    )
  })
})

describe('a study that cannot be written', () => {
  /** SQLite's side file cannot be made: a folder has its name. */
  function blocked(): StudyStore {
    const path = made()
    mkdirSync(`${path}-wal`)
    return opened(path)
  }

  it('can be looked at', () => {
    const store = blocked()
    expect(store.info().name).toBe('Made')
    expect(store.models.all()).toEqual([storedModel('kept')])
    expect(store.measurements.trials(1)).toEqual([
      { layer: 'a', trial: 0, images: 2, metrics: metrics(0.375) }
    ])
  })

  it('refuses every write', async () => {
    const store = blocked()
    await expectProblem(() => store.models.add(storedModel('new')), 'FILE_UNWRITABLE')
    await expectProblem(() => addTrial(store, 1, 'b', 0, [0, 1]), 'FILE_UNWRITABLE')
    expect(store.models.all().length).toBe(1)
  })
})

describe('an error while writing', () => {
  const number = z.record(z.string(), z.number())

  function limited(pragma: string): {
    database: StudyDatabase
    measurements: MeasurementTable
    path: string
  } {
    const path = made()
    const database = StudyDatabase.open(path, false)
    onTestFinished(() => database.close())
    database.get(number, pragma)
    return { database, measurements: new MeasurementTable(database), path }
  }

  it('of a full disk says so, and stores nothing by halves', async () => {
    const { measurements, path } = limited('PRAGMA max_page_count = 1')
    const distances = Array.from({ length: 100_000 }, () => 0)
    const more = piece('a', 0, distances, { from: 2 })
    for (const big of [piece('big', 0, distances), more]) {
      const problem = await expectProblem(() => measurements.append(1, big), 'DISK_FULL', path)
      expect(problem.fix).toContain('Free some space')
    }
    expect(measurements.trials(1)).toEqual([{ layer: 'a', trial: 0, images: 2, metrics: metrics(0.375) }])
  })

  it('while another program writes says so', async () => {
    const { database, path } = limited('PRAGMA busy_timeout = 0')
    const other = new Database(path)
    onTestFinished(() => void other.close())
    other.exec('BEGIN IMMEDIATE')
    await expectProblem(() => database.run('DELETE FROM cell'), 'FILE_UNWRITABLE', 'another program')
    other.exec('ROLLBACK')
    expect(database.run('DELETE FROM cell').changes).toBe(1)
  })

  it('in the middle of a transaction takes all of it back', () => {
    const store = opened(made())
    expect(() =>
      store.transaction(() => {
        store.models.remove('kept')
        throw new Error('stop')
      })
    ).toThrow('stop')
    expect(store.models.all().length).toBe(1)
  })
})

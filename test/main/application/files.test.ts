/** Checkpoints are referenced by path and named by content: moved, changed and lost files. */
import { copyFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../support/folder'
import { golden } from '../../support/golden'
import { expectProblem } from '../../support/problems'
import { addModel, goldenStudy, measure, workstation, type OpenedStudy } from '../../support/workstation'

const WORK = { perturbation: 'zero', layers: ['fc'], images: 10 }

/** A study beside a copy of the golden model. */
async function withCopy(): Promise<OpenedStudy & { readonly checkpoint: string }> {
  const folder = temporaryFolder()
  const checkpoint = join(folder, 'model.safetensors')
  copyFileSync(golden('model.safetensors'), checkpoint)
  return { ...(await goldenStudy({ folder, models: [checkpoint] })), checkpoint }
}

const rows = async ({ client, study }: OpenedStudy): Promise<number> =>
  (await client.results.trials({ study })).length

describe('a checkpoint that is gone', () => {
  it('fails the run and says what to do; located, it is measured', async () => {
    const opened = await withCopy()
    const { client, study, folder, checkpoint } = opened
    const moved = join(folder, 'elsewhere.safetensors')
    renameSync(checkpoint, moved)
    const { run } = await measure(opened, WORK)
    expect(run).toMatchObject({ state: 'failed', failures: [{ model: 'model', layer: null }] })
    const { problem } = run.failures[0]!
    expect(problem.code).toBe('FILE_NOT_FOUND')
    expect(problem.message).toContain(checkpoint)
    expect(problem.fix).toContain('Locate file')
    expect(await rows(opened)).toBe(0)

    const other = golden('reinit_trial0.safetensors')
    await expectProblem(client.models.locate({ study, model: 'model', path: other }), 'FILE_CHANGED', other)
    await expectProblem(client.models.locate({ study, model: 'model', path: `${moved}x` }), 'FILE_NOT_FOUND')
    await expectProblem(
      client.models.locate({ study, model: 'none', path: moved }),
      'MODEL_UNKNOWN',
      '"none"',
      'model'
    )

    const located = await client.models.locate({ study, model: 'model', path: moved })
    expect(located).toMatchObject({ id: 'model', path: moved })
    expect((await measure(opened, WORK)).run).toMatchObject({ state: 'done', failures: [] })
    expect(await rows(opened)).toBe(1)
  })

  it('is found where it is imported again', async () => {
    const opened = await withCopy()
    const moved = join(opened.folder, 'elsewhere.safetensors')
    renameSync(opened.checkpoint, moved)
    expect(await addModel(opened, moved)).toMatchObject({ id: 'model', path: moved })
    expect((await measure(opened, WORK)).run.state).toBe('done')
  })

  it('does not keep the other models from being measured', async () => {
    const opened = await withCopy()
    await addModel(opened, golden('reinit_trial0.safetensors'), { name: 'second' })
    rmSync(opened.checkpoint)
    const { run } = await measure(opened, WORK)
    expect(run.state).toBe('failed')
    expect(run.failures.map(({ model }) => model)).toEqual(['model'])
    const trials = await opened.client.results.trials({ study: opened.study })
    expect(trials.map(({ model }) => model)).toEqual(['second'])
  })
})

it('a checkpoint whose content changed is not measured', async () => {
  const opened = await withCopy()
  copyFileSync(golden('reinit_trial0.safetensors'), opened.checkpoint)
  const { run } = await measure(opened, WORK)
  expect(run).toMatchObject({ state: 'failed', failures: [{ problem: { code: 'FILE_CHANGED' } }] })
  expect(await rows(opened)).toBe(0)
})

it('a study that is moved with its checkpoints finds them', async () => {
  const folder = join(temporaryFolder(), 'before')
  mkdirSync(join(folder, 'checkpoints'), { recursive: true })
  const checkpoint = join(folder, 'checkpoints', 'model.safetensors')
  copyFileSync(golden('model.safetensors'), checkpoint)
  const opened = await goldenStudy({ folder, models: [checkpoint] })
  await opened.close()
  const after = join(temporaryFolder(), 'after')
  renameSync(folder, after)

  const station = workstation()
  const path = join(after, 'study.linchpin')
  const { id } = await station.client.studies.open({ path })
  const { run } = await measure({ ...station, study: id, path, folder: after }, WORK)
  expect(run).toMatchObject({ state: 'done', failures: [] })
  expect((await station.client.results.trials({ study: id })).length).toBe(1)
})

describe('an import', () => {
  it('adds the good files and says what is wrong with the others', async () => {
    const opened = await goldenStudy({ models: [] })
    const bad = join(opened.folder, 'bad.safetensors')
    writeFileSync(bad, '<!DOCTYPE html>')
    const outcomes = await opened.client.models.add({
      study: opened.study,
      models: [
        { path: bad },
        { path: golden('model.onnx'), name: 'Ünïcode / Näme', category: 'c', attributes: { a: 1 } }
      ]
    })
    expect(outcomes.map(({ problem }) => problem?.code ?? null)).toEqual(['FORMAT_UNSUPPORTED', null])
    expect(outcomes[1]!.model).toMatchObject({ name: 'Ünïcode / Näme', category: 'c', attributes: { a: 1 } })
    expect(outcomes[1]!.model!.id).toMatch(/^[\p{L}\p{N}._-]+$/u)
  })

  it('gives every model a name of its own for the command line', async () => {
    const opened = await goldenStudy({ models: [] })
    const files = ['model.safetensors', 'reinit_trial0.safetensors', 'reinit_trial1.safetensors']
    const ids = []
    for (const file of files) ids.push((await addModel(opened, golden(file), { name: 'Same' })).id)
    expect(ids).toEqual(['same', 'same-2', 'same-3'])
  })

  it('names an ONNX file with external data by both files', async () => {
    const folder = temporaryFolder()
    for (const name of ['model_dynamo.onnx', 'model_dynamo.onnx.data'])
      copyFileSync(golden(name), join(folder, name))
    const opened = await goldenStudy({ folder, models: [join(folder, 'model_dynamo.onnx')] })
    expect((await measure(opened, WORK)).run.state).toBe('done')
    // The weights alone change: the model is another one.
    writeFileSync(join(folder, 'model_dynamo.onnx.data'), Buffer.alloc(523_648))
    const { run } = await measure(opened, { ...WORK, layers: ['conv1'] })
    expect(run.failures[0]?.problem.code).toBe('FILE_CHANGED')
  })
})

it('a study is not made over a file that is there', async () => {
  const opened = await goldenStudy({ models: [] })
  const { client, path } = opened
  await expectProblem(client.studies.create({ name: 'x', path }), 'STUDY_EXISTS', path)
  expect((await client.studies.open({ path })).id).toBe(opened.study)
  expect((await client.studies.recent()).map((recent) => recent.path)).toEqual([path])
})

/** A classifier that is saved apart belongs to its model: it moves with it, and counts as its content. */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { withAbsoluteHead } from '../../../src/main/application/heads'
import { locateModel, verifiedModel } from '../../../src/main/application/models'
import { OpenStudy } from '../../../src/main/application/study'
import { StudyStore } from '../../../src/main/store'
import { temporaryFolder } from '../../support/folder'
import { expectProblem } from '../../support/problems'
import { float32Tensor, writeTensors } from '../../support/safetensors'
import { storedModel } from '../../support/study'

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex')

/** Two files, and their name by content as `hashFiles` documents it. */
function twoFiles(folder: string): { path: string; head: string; hash: string } {
  mkdirSync(join(folder, 'heads'), { recursive: true })
  const path = writeTensors(join(folder, 'net.safetensors'), new Map([['a', float32Tensor([2], [1, 2])]]))
  const head = writeTensors(
    join(folder, 'heads', 'linear.safetensors'),
    new Map([['b', float32Tensor([1], [3])]])
  )
  const parts = [
    ['net.safetensors', path],
    ['linear.safetensors', head]
  ] as const
  const hash = sha256(parts.map(([name, file]) => `${name}\0${sha256(readFileSync(file))}\0`).join(''))
  return { path, head, hash }
}

/** A study in the folder, with the model of two files in it. */
function studyWithHead(folder: string): OpenStudy {
  const { path, head, hash } = twoFiles(join(folder, 'models'))
  const store = StudyStore.open(join(folder, 'study.linchpin'), { create: { name: 'Study' } })
  const study = new OpenStudy(store)
  const stored = storedModel('m', { path, hash, options: { heads: 3, head } })
  store.models.add({ ...stored, relativePath: study.relativePath(path) })
  return study
}

it('its path is made absolute', () => {
  expect(withAbsoluteHead({ heads: 2, head: 'linear.pth' })).toEqual({
    heads: 2,
    head: resolve('linear.pth')
  })
  expect(withAbsoluteHead({ heads: 2 })).toEqual({ heads: 2 })
  expect(withAbsoluteHead(undefined)).toEqual({})
})

it('is found after the whole study moved', async () => {
  const before = join(temporaryFolder(), 'before')
  mkdirSync(before)
  const first = studyWithHead(before)
  expect(await verifiedModel(first, first.model('m'))).toEqual({
    path: join(before, 'models', 'net.safetensors'),
    options: { heads: 3, head: join(before, 'models', 'heads', 'linear.safetensors') }
  })
  first.close()
  const after = join(temporaryFolder(), 'after')
  renameSync(before, after)

  const moved = new OpenStudy(StudyStore.open(join(after, 'study.linchpin')))
  onTestFinished(() => moved.close())
  expect(await verifiedModel(moved, moved.model('m'))).toEqual({
    path: join(after, 'models', 'net.safetensors'),
    options: { heads: 3, head: join(after, 'models', 'heads', 'linear.safetensors') }
  })
})

it('is found, again and again, after its model was located', async () => {
  const folder = temporaryFolder()
  const study = studyWithHead(folder)
  onTestFinished(() => study.close())
  renameSync(join(folder, 'models'), join(folder, 'elsewhere'))
  await expectProblem(verifiedModel(study, study.model('m')), 'FILE_NOT_FOUND', 'net.safetensors')

  const path = join(folder, 'elsewhere', 'net.safetensors')
  const head = join(folder, 'elsewhere', 'heads', 'linear.safetensors')
  expect(await locateModel(study, 'm', path)).toMatchObject({ path, options: { heads: 3, head } })
  expect(await verifiedModel(study, study.model('m'))).toEqual({ path, options: { heads: 3, head } })
})

it('is the model’s content: another one, or none, is not measured', async () => {
  const folder = temporaryFolder()
  const study = studyWithHead(folder)
  onTestFinished(() => study.close())
  const { head = '' } = study.model('m').model.options
  const own = readFileSync(head)
  writeTensors(head, new Map([['b', float32Tensor([1], [4])]]))
  await expectProblem(verifiedModel(study, study.model('m')), 'FILE_CHANGED', 'net.safetensors', head)
  writeFileSync(head, own)
  renameSync(head, `${head}.bak`)
  const { fix } = await expectProblem(verifiedModel(study, study.model('m')), 'FILE_NOT_FOUND', head)
  expect(fix).toContain('classifier')
})

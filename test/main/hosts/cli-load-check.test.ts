/** The load check on the command line: what it prints, where, and with which exit code. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { beforeEach, expect, it, vi } from 'vitest'
import { Context } from '../../../src/main/hosts/cli/context'
import { runProgram } from '../../../src/main/hosts/cli/program'
import { temporaryFolder } from '../../support/folder'
import { golden } from '../../support/golden'

const RIGHT = ['--mean', '0.485,0.456,0.406', '--std', '0.229,0.224,0.225']
const WRONG = ['--mean', '0,0,0', '--std', '1,1,1']

let folder: string
let study: string

async function run(...argv: string[]): Promise<{ code: number; out: string; said: string }> {
  const texts = { out: '', said: '' }
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((texts.out += String(text)), true)),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((texts.said += String(text)), true))
  ]
  try {
    const engineEntry = fileURLToPath(new URL('../../../out/main/engine.js', import.meta.url))
    const context = new Context({
      dataFolder: join(folder, 'data'),
      resources: '',
      renderer: '',
      engineEntry
    })
    return { code: await runProgram(argv, context), ...texts }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

const setImages = (): ReturnType<typeof run> =>
  run(
    'data',
    study,
    golden('images_uint8_nchw.npy'),
    '--labels',
    golden('labels_int64.npy'),
    '--all',
    '--json'
  )

beforeEach(() => {
  folder = temporaryFolder()
  study = join(folder, 'study.linchpin')
})

it('inspect --data says that a file is read right, and leaves the study as it was', async () => {
  await setImages()
  const before = readFileSync(study)
  const { code, out, said } = await run('inspect', golden('model.safetensors'), ...RIGHT, '--data', study)
  expect(code).toBe(0)
  expect(out).toMatch(
    /on 64 images: top-1 9\d\.\d %, entropy 0\.\d\d of 2\.30 nats, 10 of 10 classes predicted: good/
  )
  expect(out).toMatch(/batch norms \(19\)/)
  expect(said).not.toContain('fits-better')
  expect(readFileSync(study).equals(before)).toBe(true)
})

it('inspect --data names the reading that fits, on stderr, and fails', async () => {
  await setImages()
  const { code, out, said } = await run('inspect', golden('model.safetensors'), ...WRONG, '--data', study)
  expect(code).toBe(1)
  expect(said).toMatch(
    /With ImageNet's normalisation top-1 is 9\d % instead of 1\d %\. \[normalization-fits-better\]/
  )
  expect(out).toMatch(/: bad\n[^]*\n {2}better: ImageNet's normalisation: top-1 9/)
})

it('inspect --data --json has the check with its file, or why there is none', async () => {
  await run('data', study, golden('images_uint8_nchw.npy'), '--all', '--json')
  const files = [golden('model.onnx'), golden('expected.json'), golden('model.safetensors')]
  const { code, out } = await run('inspect', ...files, ...RIGHT, '--data', study, '--json')
  expect(code).toBe(1)
  const [first, second, third] = JSON.parse(out) as Record<string, unknown>[]
  expect(first).toMatchObject({ file: files[0], check: { verdict: 'good', labelled: false } })
  expect(second).toHaveProperty('error')
  expect(second).not.toHaveProperty('check')
  expect(third).toMatchObject({ check: { images: 64 } })
})

it('inspect --data of a study without images names that, and of no study makes none', async () => {
  const missing = await run('inspect', golden('model.onnx'), '--data', study)
  expect([missing.code, missing.said]).toEqual([1, expect.stringContaining('FILE_NOT_FOUND')])
  await run('import', study, golden('model.onnx'), ...RIGHT)
  const { code, said } = await run('inspect', golden('model.onnx'), '--data', study)
  expect(code).toBe(1)
  expect(said).toContain('EVALUATION_MISSING')
})

it('import warns of what seems to be read wrongly, and adds it all the same', async () => {
  const quiet = await run('import', study, golden('model.onnx'), ...WRONG)
  expect([quiet.code, quiet.said]).toEqual([0, ''])
  await setImages()
  const warned = await run('import', study, golden('model.safetensors'), ...WRONG)
  expect(warned.code).toBe(0)
  expect(warned.said).toContain('normalization-fits-better')
  expect(warned.out).toContain('added as')
  const { out, said } = await run('import', study, golden('model_legacy.pth'), ...RIGHT, '--json')
  expect(JSON.parse(out)).toMatchObject([{ check: { verdict: 'good' }, problem: null }])
  expect(said).not.toContain('fits-better')
})

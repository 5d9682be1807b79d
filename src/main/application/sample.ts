/** The sample study: small trained networks and their images, shipped with the program. */
import { cpSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { evaluationRequestSchema } from '@shared/contract/evaluation'
import { measurementSpecSchema } from '@shared/contract/measurement'
import { attributesSchema } from '@shared/contract/model'
import { fromProblem } from '@shared/errors'
import { fileError } from '../files/errors'
import type { Evaluations } from './evaluation'
import { addModel } from './models'
import type { Studies } from './studies'
import type { OpenStudy } from './study'

/** Its networks are so small that the processor does, and that other devices need not be tried first. */
export const SAMPLE_SPEC = measurementSpecSchema.parse({ device: 'cpu' })

const manifestSchema = z.object({
  name: z.string(),
  images: z.string(),
  resize: z.number(),
  crop: z.number(),
  models: z.array(
    z.object({
      file: z.string(),
      name: z.string(),
      category: z.string(),
      mean: z.array(z.number()),
      std: z.array(z.number()),
      attributes: attributesSchema
    })
  )
})

/**
 * The sample study in a folder: its files are copied there, so that it stays whole when the program is updated. One
 * that is there already is opened as it is.
 */
export async function openSample(
  resources: string,
  folder: string,
  { studies, evaluations }: { readonly studies: Studies; readonly evaluations: Evaluations }
): Promise<OpenStudy> {
  const source = join(resources, 'sample')
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(source, 'sample.json'), 'utf8')))
  const path = join(folder, 'sample.linchpin')
  if (!existsSync(path)) copyFiles(source, folder)
  const study = studies.openFile(path, { name: `${manifest.name} (sample)`, sample: true })
  for (const { file, name, category, mean, std, attributes } of manifest.models) {
    if (study.models().some((model) => model.name === name)) continue
    const outcome = await addModel(study, {
      path: join(folder, file),
      name,
      category,
      attributes,
      options: { mean, std }
    })
    if (outcome.problem !== null) throw fromProblem(outcome.problem)
  }
  if (study.store.evaluations.current() === null) {
    const { images, resize, crop } = manifest
    const request = evaluationRequestSchema.parse({ path: join(folder, images), resize, crop, all: true })
    await evaluations.set(study, request)
  }
  return study
}

function copyFiles(source: string, folder: string): void {
  try {
    cpSync(source, folder, { recursive: true, filter: (path) => !path.endsWith('.py') })
  } catch (error) {
    throw fileError(error, folder, 'write')
  }
}

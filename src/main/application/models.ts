/** Checkpoints come into a study: inspected, named by content, referenced by path. */
import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { Inspection, Model, ModelOptions } from '@shared/contract/model'
import type { ImportOutcome, ImportRequest } from '@shared/contract/study'
import { LinchpinError, toProblem } from '@shared/errors'
import { classifierFiles, inspectCheckpoint } from '../architectures'
import { hashFiles } from '../checkpoints'
import { belongsTo, type StoredModel } from '../store'
import { headCandidates, withAbsoluteHead } from './heads'
import type { OpenStudy } from './study'

const UNCATEGORISED = 'uncategorised'

/** What decides, besides the files' bytes, how they become a network. */
export function treatmentOf(
  { architecture, mean: _mean, std: _std, head: _head, ...others }: ModelOptions,
  { mean, std }: { mean: readonly number[]; std: readonly number[] }
): string {
  const further = Object.entries(others).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify({ architecture: architecture ?? null, mean, std, ...Object.fromEntries(further) })
}

export async function inspectFile(path: string, options: ModelOptions | undefined): Promise<Inspection> {
  const { inspection } = await inspectCheckpoint(path, withAbsoluteHead(options))
  return inspection
}

/** Adds a model, or says why not; never throws for a bad file. */
export async function addModel(study: OpenStudy, request: ImportRequest): Promise<ImportOutcome> {
  const path = resolve(request.path)
  const options = withAbsoluteHead(request.options)
  const { inspection, classifier } = await inspectCheckpoint(path, options)
  const outcome = {
    path: request.path,
    model: null,
    existing: false,
    inspection,
    problem: inspection.error ?? null
  }
  const { normalization } = inspection
  if (classifier === null || normalization === null) return outcome
  try {
    const hash = await hashFiles(classifier.files)
    const size = await sizeOfFiles(classifier.files)
    const { reading } = inspection
    const treatment = treatmentOf(reading, normalization)
    // Nothing is awaited from here on: two imports at once must not take the same id.
    const known = study.store.models.find(hash, treatment)
    if (known !== null) {
      const { id, name, category, attributes } = known.model
      study.store.models.move(id, path, study.relativePath(path), reading)
      study.store.models.update(id, {
        name: request.name ?? name,
        category: request.category ?? category,
        attributes: { ...attributes, ...request.attributes }
      })
      return { ...outcome, model: published(study, known.model.id), existing: true }
    }
    const name = request.name ?? basename(path).replace(/\.[^.]+$/, '')
    const model: Model = {
      id: freeId(study, name),
      name,
      category: request.category ?? UNCATEGORISED,
      attributes: request.attributes ?? {},
      path,
      hash,
      size,
      addedAt: new Date().toISOString(),
      options: reading,
      format: inspection.format ?? '',
      architecture: inspection.architecture ?? '',
      family: inspection.family,
      unwrapped: inspection.unwrapped,
      prefixes: inspection.prefixes,
      ignored: inspection.ignored,
      steps: inspection.steps,
      parameters: inspection.parameters,
      normalization,
      preprocessing: inspection.preprocessing,
      heads: inspection.heads,
      classes: inspection.classes,
      layers: inspection.layers,
      warnings: inspection.warnings
    }
    study.store.models.add({ model, relativePath: study.relativePath(path), treatment })
    return { ...outcome, model: published(study, model.id) }
  } catch (error) {
    return { ...outcome, problem: toProblem(error) }
  }
}

async function sizeOfFiles(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** Letters, digits and dashes of the name, with a number where it is taken. */
function freeId(study: OpenStudy, name: string): string {
  const base =
    name
      .normalize('NFKD')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}._]+/gu, '-')
      .replace(/^-+|-+$/g, '') || 'model'
  const taken = new Set(study.models().map((model) => model.id))
  for (let i = 1; ; i++) {
    const id = i === 1 ? base : `${base}-${String(i)}`
    if (!taken.has(id)) return id
  }
}

/** Tells the watchers that the models changed, and returns one of them. */
export function published(study: OpenStudy, id: string): Model {
  study.publish({ type: 'models', models: study.models() })
  const stored = study.model(id)
  for (const configuration of study.store.configurations.all()) {
    if (!belongsTo(configuration, stored)) continue
    for (const cells of study.modelCells(configuration)) study.publish({ type: 'cells', cells })
  }
  return stored.model
}

/** @throws FILE_CHANGED when the file's content is not the imported one's. */
export async function locateModel(study: OpenStudy, id: string, path: string): Promise<Model> {
  const place = resolve(path)
  const { options } = await withContent(study.model(id), [place])
  study.store.models.move(id, place, study.relativePath(place), options)
  return published(study, id)
}

/** A model's file and how it is read, with its head where that is now. */
interface FoundModel {
  readonly path: string
  readonly options: ModelOptions
}

/**
 * Where a model's files are, found and checked: what is measured is what was imported.
 * @throws FILE_NOT_FOUND, FILE_CHANGED.
 */
export async function verifiedModel(study: OpenStudy, stored: StoredModel): Promise<FoundModel> {
  const found = [...new Set(study.candidates(stored))].filter((path) => existsSync(path))
  if (found.length > 0) return withContent(stored, found)
  throw new LinchpinError(
    'FILE_NOT_FOUND',
    `The checkpoint of "${stored.model.name}" was at "${stored.model.path}".`,
    { fix: 'Say where it is now ("Locate file", or import it again from its new place).' }
  )
}

/** The first of some paths that holds the imported content. */
async function withContent(stored: StoredModel, paths: readonly string[]): Promise<FoundModel> {
  const { hash } = stored.model
  const facts: string[] = []
  for (const path of paths) {
    for (const options of headCandidates(stored, path)) {
      const found = await hashFiles(await classifierFiles(path, options))
      if (found === hash) return { path, options }
      const files = options.head === undefined ? `"${path}" has` : `"${path}" with "${options.head}" have`
      facts.push(`${files} the hash ${found.slice(0, 12)}…`)
    }
  }
  throw new LinchpinError('FILE_CHANGED', `${facts.join(', ')}, the imported one ${hash.slice(0, 12)}….`, {
    fix: 'Choose the original file, or import this one as a model of its own.'
  })
}

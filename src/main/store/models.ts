import { z } from 'zod'
import {
  attributesSchema,
  modelSchema,
  type Attributes,
  type Model,
  type ModelOptions
} from '@shared/contract/model'
import type { StudyDatabase } from './database'

/** What the description column holds: all of a model but the columns of its own. */
const descriptionSchema = modelSchema.omit({
  id: true,
  name: true,
  category: true,
  attributes: true,
  path: true,
  hash: true
})

const rowSchema = z.object({
  id: z.string(),
  name: z.string(),
  category: z.string(),
  attributes: z.string(),
  path: z.string(),
  relative_path: z.string().nullable(),
  hash: z.string(),
  treatment: z.string(),
  description: z.string()
})

export interface StoredModel {
  readonly model: Model
  readonly relativePath: string | null
  /** Names how the file is read; with the hash, it determines the network. */
  readonly treatment: string
}

function toStored(row: z.infer<typeof rowSchema>): StoredModel {
  const description = descriptionSchema.parse(JSON.parse(row.description))
  const { id, name, category, path, hash } = row
  const attributes = attributesSchema.parse(JSON.parse(row.attributes))
  return {
    model: { ...description, id, name, category, attributes, path, hash },
    relativePath: row.relative_path,
    treatment: row.treatment
  }
}

export class ModelTable {
  private readonly database: StudyDatabase

  constructor(database: StudyDatabase) {
    this.database = database
  }

  all(): StoredModel[] {
    return this.database.all(rowSchema, 'SELECT * FROM model ORDER BY position').map(toStored)
  }

  get(id: string): StoredModel | null {
    const row = this.database.get(rowSchema, 'SELECT * FROM model WHERE id = $id', { id })
    return row === null ? null : toStored(row)
  }

  find(hash: string, treatment: string): StoredModel | null {
    const row = this.database.get(
      rowSchema,
      'SELECT * FROM model WHERE hash = $hash AND treatment = $treatment',
      { hash, treatment }
    )
    return row === null ? null : toStored(row)
  }

  add({ model, relativePath, treatment }: StoredModel): void {
    this.database.run(
      `INSERT INTO model (id, position, name, category, attributes, path, relative_path, hash, treatment, description)
       VALUES ($id, (SELECT coalesce(max(position), 0) + 1 FROM model), $name, $category, $attributes, $path,
               $relativePath, $hash, $treatment, $description)`,
      {
        id: model.id,
        name: model.name,
        category: model.category,
        attributes: JSON.stringify(model.attributes),
        path: model.path,
        relativePath,
        hash: model.hash,
        treatment,
        description: JSON.stringify(descriptionSchema.parse(model))
      }
    )
  }

  update(
    id: string,
    { name, category, attributes }: { name: string; category: string; attributes: Attributes }
  ): void {
    this.database.run(
      'UPDATE model SET name = $name, category = $category, attributes = $attributes WHERE id = $id',
      { id, name, category, attributes: JSON.stringify(attributes) }
    )
  }

  /** The file is elsewhere, and so may be one that its options name. */
  move(id: string, path: string, relativePath: string | null, options: ModelOptions): void {
    this.database.run(
      `UPDATE model SET path = $path, relative_path = $relativePath,
         description = json_set(description, '$.options', json($options)) WHERE id = $id`,
      { id, path, relativePath, options: JSON.stringify(options) }
    )
  }

  /** Its measurements stay: they come back when the same file is added again. */
  remove(id: string): void {
    this.database.run('DELETE FROM model WHERE id = $id', { id })
  }
}

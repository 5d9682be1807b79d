/** Config files beside a checkpoint: what they say about the model and its images. */
import { dirname, join } from 'node:path'
import type { ModelConfig } from '../types'
import type { Facts } from './facts'
import { imageFacts, modelFacts } from './hugging-face'
import { readFields, type Fields } from './json'
import { timmFacts } from './timm'

/**
 * What the files beside a checkpoint say: one of its own name, `config.json`, `preprocessor_config.json`. The first
 * that says something counts; but how images are prepared, the last one knows best. A file that is broken, or is
 * something else, is not there.
 */
export async function readConfig(path: string): Promise<ModelConfig | null> {
  const own = path.replace(/(\.\w+\.index|\.pth)?\.\w+$/, '.json')
  const folder = dirname(path)
  const models = [own === path ? null : own, join(folder, 'config.json')]
  const found: { readonly path: string; readonly facts: Facts }[] = []
  for (const file of models) {
    const facts = await factsIn(file, (fields) => timmFacts(fields) ?? modelFacts(fields))
    // The file's own config says all that there is to say of the model.
    if (facts === null) continue
    found.push(facts)
    break
  }
  const images = await factsIn(join(folder, 'preprocessor_config.json'), imageFacts)
  if (images !== null) found.push(images)
  if (found.length === 0) return null
  const forward = found.map(({ facts }) => facts)
  const first = <K extends keyof Facts>(facts: readonly Facts[], key: K): Facts[K] | null =>
    facts.find((each) => each[key] !== null)?.[key] ?? null
  const backward = forward.toReversed()
  return {
    files: found.map((each) => each.path),
    architecture: first(forward, 'architecture'),
    classes: first(forward, 'classes'),
    normalization: first(backward, 'normalization'),
    preprocessing: {
      inputSize: first(backward, 'inputSize'),
      cropFraction: first(backward, 'cropFraction'),
      interpolation: first(backward, 'interpolation')
    },
    heads: first(forward, 'heads'),
    epsilon: first(forward, 'epsilon'),
    activation: first(forward, 'activation'),
    pooling: first(forward, 'pooling'),
    stride: first(forward, 'stride')
  }
}

async function factsIn(
  path: string | null,
  parse: (fields: Fields) => Facts | null
): Promise<{ readonly path: string; readonly facts: Facts } | null> {
  const fields = path === null ? null : await readFields(path)
  const facts = fields === null ? null : parse(fields)
  return facts === null || path === null ? null : { path, facts }
}

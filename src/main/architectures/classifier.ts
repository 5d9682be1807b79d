/** A network whose classifier is somewhere else: beside it, in another file, or nowhere. */
import { basename } from 'node:path'
import type { ModelOptions } from '@shared/contract/model'
import { LinchpinError } from '@shared/errors'
import { readAgain, type Reading } from './reading'
import type { Report } from './report'
import { shorten } from './text'
import type { NamedTensors } from './types'
import { featuresOf, findClassifier, withClassifier } from './unwrap/classifier'
import { openHead, type HeadFile } from './unwrap/head-file'
import { drop } from './unwrap/inventory'

/** What pre-training puts behind a network; without a classifier it is all that is there. */
const PRE_TRAINING = /^(proj\w*|predict\w*|prototypes?|contrastive\w*|mlp\w*|heads?|queue\w*|neck|g|h)(\.|$)/

export interface Headed {
  readonly reading: Reading
  /** Null: the classifier is in the file itself. */
  readonly head: HeadFile | null
  /** Full names of what was left out or used otherwise. */
  readonly dropped: readonly string[]
  /** Full names of the classifier's tensors, where it was found under another name. */
  readonly adopted: readonly string[]
}

/**
 * The network with a classifier: from the file that the user gives, else its own, else one found beside it.
 * @param all every tensor of the file that may belong to a network, by its full name.
 * @throws what `openHead` throws.
 */
export async function headed(
  prefix: string,
  reading: Reading,
  all: NamedTensors,
  options: ModelOptions,
  report: Report
): Promise<Headed> {
  if (options.head !== undefined) return headedByFile(prefix, reading, options.head, report)
  if (!reading.fit.headless || reading.fit.problems > 0) {
    return { reading, head: null, dropped: [], adopted: [] }
  }
  const adoption = findClassifier(prefix, reading, all)
  if (adoption === null) {
    const { tensors, dropped } = withoutPreTraining(prefix, reading, report)
    return { reading: readAgain(reading, tensors), head: null, dropped, adopted: [] }
  }
  report.step(adoption.step)
  report.warn(...adoption.warnings)
  const complete = readAgain(reading, withClassifier(reading, adoption.layer, prefix))
  const { tensors, dropped } = withoutPreTraining(prefix, complete, report)
  const adopted = adoption.step.names
  return { reading: readAgain(complete, tensors), head: null, dropped, adopted }
}

async function headedByFile(prefix: string, reading: Reading, path: string, report: Report): Promise<Headed> {
  const { classifier, targets } = reading.recognition
  const head = await openHead(path, featuresOf(reading))
  const { module, weight } = head.layer
  const [classes = 0, features = 0] = weight.shape
  const own = [...targets.keys()].filter(
    (name) => name.startsWith(`${classifier}.`) && reading.tensors.has(name)
  )
  const replaced = own.length === 0 ? '' : ` It takes the place of the file's own "${classifier}".`
  report.step({
    kind: 'head',
    text: `The classifier, ${features} features to ${classes} classes, is "${module}" of "${basename(path)}".${replaced}`,
    names: ['weight', 'bias'].map((part) => (module === '' ? part : `${module}.${part}`))
  })
  const complete = readAgain(reading, withClassifier(reading, head.layer, null))
  const { tensors, dropped } = withoutPreTraining(prefix, complete, report)
  return {
    reading: readAgain(complete, tensors),
    head,
    dropped: [...own.map((name) => prefix + name), ...dropped],
    adopted: []
  }
}

/** Takes out what pre-training left behind the network; the rest stays and is listed as left over. */
function withoutPreTraining(
  prefix: string,
  { tensors, recognition: { classifier, owns }, fit }: Reading,
  report: Report
): { readonly tensors: NamedTensors; readonly dropped: readonly string[] } {
  const names = fit.unexpected.filter(
    (name) => name.startsWith(`${classifier}.`) || (!owns(name) && PRE_TRAINING.test(name))
  )
  const gone = new Set(names)
  const dropped = names.map((name) => prefix + name)
  report.step(...drop(dropped, `A head of pre-training was left out: ${shorten(names)}.`))
  return { tensors: new Map([...tensors].filter(([name]) => !gone.has(name))), dropped }
}

/** @throws CLASSIFIER_MISSING when the network is complete but for its classifier. */
export function checkClassifier(reading: Reading, report: Report): void {
  const { fit, recognition } = reading
  if (!fit.headless || fit.problems > 0) return
  const features = featuresOf(reading)
  if (features !== null) report.update({ head: { features } })
  throw new LinchpinError(
    'CLASSIFIER_MISSING',
    `${recognition.description} is complete but for "${recognition.classifier}", which takes ${features === null ? 'its' : String(features)} features.`,
    {
      details: fit.missing,
      fix: 'Give the file that holds the classifier beside it, or import a checkpoint that was fine-tuned.'
    }
  )
}

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

/** Embeddings of earlier images, as MoCo keeps them. */
const QUEUE = /(^|\.)queue(_ptr)?$/
/** Parts of detectors and of networks that segment. */
const OBJECTS = /(^|\.)(rpn|roi_heads?|fpn|bbox_head|mask_head|decode_head|aux_classifier|aux_head)\./

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
  if ([...all.keys()].some((name) => QUEUE.test(name))) return withoutEmbedding(prefix, reading, report)
  checkWholeImages(reading, all)
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

/** What is called as the classifier is, beside a queue of keys, makes the embeddings that were compared with them. */
function withoutEmbedding(prefix: string, reading: Reading, report: Report): Headed {
  const inHead = (name: string): boolean => name.startsWith(`${reading.recognition.classifier}.`)
  const rest = new Map([...reading.tensors].filter(([name]) => !inHead(name)))
  const embedding = [...reading.tensors.keys()].filter(inHead).map((name) => prefix + name)
  report.step(
    ...drop(embedding, `The last layer was left out: beside a queue of keys it makes embeddings, no classes.`)
  )
  const { tensors, dropped } = withoutPreTraining(prefix, readAgain(reading, rest), report)
  return {
    reading: readAgain(reading, tensors),
    head: null,
    dropped: [...embedding, ...dropped],
    adopted: []
  }
}

/** @throws ARCHITECTURE_UNKNOWN for the trunk of a network that finds or outlines objects. */
function checkWholeImages({ fit, recognition }: Reading, all: NamedTensors): void {
  const others = [...all.keys()].filter((name) => OBJECTS.test(name))
  if (!fit.headless || others.length === 0) return
  throw new LinchpinError(
    'ARCHITECTURE_UNKNOWN',
    `Beside ${recognition.description} lie ${shorten(others)}: it seems to be a detector or to segment images, and is no image classifier.`,
    { details: others }
  )
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

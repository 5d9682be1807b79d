/** Did one file load right? As it is read, and, where that looks odd, as it could have been meant. */
import type { CheckRequest, CheckResult, ImageFile, PixelReading } from '@shared/contract/engine'
import type { Alternative, LoadCheck } from '@shared/contract/loading'
import type { ModelOptions, Warning } from '@shared/contract/model'
import {
  betterFinding,
  clearlyBetter,
  disagreement,
  judge,
  labelOrders,
  labelsFit,
  moreCertainFinding,
  ranked,
  readLogits,
  relabelled,
  someOrder,
  type Evidence,
  type LoadContext,
  type LoadReading,
  type TriedReading
} from '@shared/statistics'
import { executionOf } from './batch'
import type { Engine } from './engine'
import {
  otherArchitectures,
  otherChannels,
  otherNormalizations,
  otherWeights,
  type OtherReading
} from './readings'

/** The images of a check, and what is known of them. */
export interface CheckImages {
  readonly file: ImageFile
  readonly indices: readonly number[]
  readonly context: Omit<LoadContext, 'classes'>
}

/** Batch norms that disagree by so many times the best normalisation's are not mended by the order of colours. */
const HOPELESS = 3

const AS_READ: PixelReading = { normalization: null, reversed: false }

/** The check of one file. */
export class FileCheck {
  private readonly engine: Engine
  private readonly path: string
  private readonly options: ModelOptions
  private readonly images: CheckImages
  private readonly signal: AbortSignal | undefined

  constructor(
    engine: Engine,
    path: string,
    options: ModelOptions,
    images: CheckImages,
    signal: AbortSignal | undefined
  ) {
    this.engine = engine
    this.path = path
    this.options = options
    this.images = images
    this.signal = signal
  }

  async run(): Promise<LoadCheck> {
    const result = await this.ask(this.options, [AS_READ])
    const context: LoadContext = { ...this.images.context, classes: result.classes }
    const asRead = this.readingsOf(result, context)[0]
    if (asRead === undefined) throw new Error('a check without a reading')
    const judgement = judge(asRead, context)
    const odd = judgement.verdict !== 'good'
    const tried = [
      ...(odd ? await this.otherReadings(result, asRead, context) : []),
      ...(odd || !labelsFit(context) ? otherLabels(asRead, context) : [])
    ]
    const ordered = ranked(tried, context.classes)
      .map((one): Judged => ({ ...one, evidence: evidenceFor(one, asRead, tried, context.classes) }))
      // Labels that do not fit are no reason to doubt the file: only an order that explains them is worth a word.
      .filter(({ evidence }) => odd || evidence !== null)
    const better = ordered.filter(({ evidence }) => evidence !== null)
    const labelsAtFault = better[0]?.kind === 'labels' && judgement.perhapsLabels
    return {
      images: this.images.indices.length,
      classes: context.classes,
      labelled: context.labels !== null,
      asRead: asRead.measure,
      verdict:
        judgement.verdict === 'bad' && !labelsAtFault
          ? 'bad'
          : odd || better.length > 0
            ? 'doubtful'
            : 'good',
      findings: [...alternativeFindings(ordered, asRead), ...judgement.findings],
      alternatives: ordered.map(({ text, kind, options, reading, evidence }) => ({
        text,
        kind,
        options,
        measure: reading.measure,
        better: evidence !== null
      }))
    }
  }

  /** @throws what the engine throws, and ENGINE_DIED. */
  private async ask(options: ModelOptions, readings: readonly PixelReading[]): Promise<CheckResult> {
    const { file, indices } = this.images
    const request: CheckRequest = {
      path: this.path,
      options,
      images: file,
      indices,
      readings,
      execution: executionOf({}, file)
    }
    try {
      return await this.engine.client.check(request, { signal: this.signal })
    } catch (error) {
      throw await this.engine.explain(error, `checking "${this.path}"`)
    }
  }

  private readingsOf({ readings }: CheckResult, context: LoadContext): LoadReading[] {
    const labels = labelsFit(context) ? context.labels : null
    return readings.map(({ logits, batchNorms }) => {
      const values = new Float32Array(new Uint8Array(Buffer.from(logits, 'base64')).buffer)
      return readLogits(values, context.classes, labels, batchNorms)
    })
  }

  /** Other pixels for the same network, then other networks for the same pixels. */
  private async otherReadings(
    { file }: CheckResult,
    asRead: LoadReading,
    context: LoadContext
  ): Promise<Tried[]> {
    const present: Tried = {
      text: '',
      kind: 'normalization',
      options: this.options,
      reading: asRead,
      pixels: AS_READ
    }
    const others = otherNormalizations(file.normalization).map(({ text, mean, std }): Untried => ({
      text,
      kind: 'normalization',
      options: { ...this.options, mean, std },
      pixels: { normalization: { mean, std, source: 'user' }, reversed: false }
    }))
    const normalised = await this.tryPixels(others, context)
    const candidates = ranked([present, ...normalised], context.classes)
    const best = candidates[0] ?? present
    const turned = await this.tryPixels([this.turned(best)], context)
    const tried = [...normalised, ...turned]
    // A wrong order of colours may hide which normalisation is right, but makes none of another scale right.
    if (!tried.some((one) => clearlyBetter(one.reading, asRead, context.classes) === 'top1')) {
      const limit = HOPELESS * (disagreement(best.reading) ?? 0)
      const rest = candidates.filter((one) => one !== best && (disagreement(one.reading) ?? 0) <= limit)
      tried.push(
        ...(await this.tryPixels(
          rest.map((one) => this.turned(one)),
          context
        ))
      )
    }
    const read = [...otherArchitectures(file, this.options), ...otherWeights(file, this.options)]
    return [...tried, ...(await this.tryReadings(read, context))]
  }

  private turned(one: Tried): Untried {
    const { text, options } = otherChannels(one.options ?? this.options)
    return {
      text: one.text === '' ? text : `${one.text} and ${text}`,
      kind: 'channels',
      options,
      pixels: { ...one.pixels, reversed: true },
      unturned: one.reading
    }
  }

  private async tryPixels(untried: readonly Untried[], context: LoadContext): Promise<Tried[]> {
    const result = await this.ask(
      this.options,
      untried.map(({ pixels }) => pixels)
    )
    const readings = this.readingsOf(result, context)
    return untried.flatMap((one, i) => {
      const reading = readings[i]
      return reading === undefined ? [] : [{ ...one, reading }]
    })
  }

  /** A reading that gives no whole network, or one of other classes, is no way to read the file. */
  private async tryReadings(others: readonly OtherReading[], context: LoadContext): Promise<Tried[]> {
    const tried: Tried[] = []
    for (const { text, kind, options } of others) {
      try {
        const result = await this.ask(options, [AS_READ])
        const reading = result.classes === context.classes ? this.readingsOf(result, context)[0] : undefined
        if (reading !== undefined) tried.push({ text, kind, options, reading, pixels: AS_READ })
      } catch (error) {
        if (this.engine.ended || this.signal?.aborted === true) throw error
      }
    }
    return tried
  }
}

interface Untried extends Omit<TriedReading, 'reading'> {
  readonly pixels: PixelReading
  /** For another order of colours: the same with the present order. */
  readonly unturned?: LoadReading
  /** Whether it is the best of many orders of the labels, and no single one. */
  readonly bound?: boolean
}

interface Tried extends Untried {
  readonly reading: LoadReading
}

/** The same outputs, the images' classes numbered otherwise. */
function otherLabels(asRead: LoadReading, { labels, names, classes, setClasses }: LoadContext): Tried[] {
  if (labels === null) return []
  const tried = labelOrders(labels, names, classes).map((order): Tried => ({
    text: order.text,
    kind: 'labels',
    options: null,
    reading: relabelled(asRead, order.labels),
    pixels: AS_READ
  }))
  // With other classes than the images' an order of theirs is none of the network's.
  const same = setClasses !== null && setClasses <= classes && classes <= setClasses + 1
  const some = same ? someOrder(asRead, labels, classes) : null
  if (some === null) return tried
  const text = 'some other order of the classes'
  return [...tried, { text, kind: 'labels', options: null, reading: some, pixels: AS_READ, bound: true }]
}

/**
 * What shows that a reading is clearly better than the present one. Turned colours must be so beside the same pixels
 * unturned, too, and the best of many orders of labels beside each single one.
 */
function evidenceFor(
  one: Tried,
  asRead: LoadReading,
  tried: readonly Tried[],
  classes: number
): Evidence | null {
  const evidence = clearlyBetter(one.reading, asRead, classes)
  if (evidence === null) return null
  if (one.unturned !== undefined && clearlyBetter(one.reading, one.unturned, classes) === null) return null
  if (one.bound !== true) return evidence
  const single = tried.filter(({ kind, bound }) => kind === 'labels' && bound !== true)
  return single.every(({ reading }) => clearlyBetter(one.reading, reading, classes) === 'top1')
    ? evidence
    : null
}

type Judged = Tried & { readonly evidence: Evidence | null }

/** One sentence for the best reading of each kind that fits better, best first. */
function alternativeFindings(ordered: readonly Judged[], asRead: LoadReading): Warning[] {
  const kinds = new Set<Alternative['kind']>()
  const findings = ordered.flatMap((one) => {
    if (one.evidence === null || kinds.has(one.kind)) return []
    kinds.add(one.kind)
    return [betterFinding(one, asRead, one.evidence)]
  })
  if (findings.length > 0 || ordered.length === 0) return findings
  const [best] = ordered
  const hint =
    best === undefined || best.reading.correct !== null || best.reading.measure.batchNorms !== null
      ? null
      : moreCertainFinding(best, asRead)
  return hint === null
    ? [
        {
          code: 'nothing-fits-better',
          message: `None of ${ordered.length} other readings fits clearly better.`
        }
      ]
    : [hint]
}

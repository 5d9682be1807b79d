import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import type { Evaluation, EvaluationRequest } from '@shared/contract/evaluation'
import type { ImageFile } from '@shared/contract/engine'
import { LinchpinError } from '@shared/errors'
import { exportEvaluation, openEvaluation, prepareEvaluation } from '../images'
import type { StoredEvaluation } from '../store'
import type { OpenStudy } from './study'

/** Sets and reads the images that a study's models are compared on. */
export class Evaluations {
  private readonly cacheFolder: string
  private readonly preparing = new Map<string, AbortController>()

  constructor(cacheFolder: string) {
    this.cacheFolder = cacheFolder
  }

  /** @throws what the images room throws; the set stays as it was then. */
  async set(study: OpenStudy, request: EvaluationRequest): Promise<Evaluation> {
    this.cancel(study)
    const controller = new AbortController()
    this.preparing.set(study.id, controller)
    let last = { done: 0, total: 0 }
    try {
      const absolute = {
        ...request,
        path: resolve(request.path),
        ...(request.labels === undefined ? {} : { labels: resolve(request.labels) })
      }
      const { evaluation, labels, files } = await prepareEvaluation(absolute, {
        cacheFolder: this.cacheFolder,
        signal: controller.signal,
        onProgress: (done, total) => {
          last = { done, total }
          study.publishSoon('preparing', () => [{ type: 'preparing', done, total, ended: false }])
        }
      })
      const key = createHash('sha256')
        .update(`${evaluation.hash}\0${labels?.join(',') ?? ''}`)
        .digest('hex')
      study.store.evaluations.set({ key, evaluation, labels, files })
      study.publish({ type: 'evaluation', evaluation })
      return evaluation
    } finally {
      if (this.preparing.get(study.id) === controller) this.preparing.delete(study.id)
      study.flush()
      study.publish({ type: 'preparing', ...last, ended: true })
    }
  }

  cancel(study: OpenStudy): void {
    this.preparing.get(study.id)?.abort()
  }

  cancelAll(): void {
    for (const controller of this.preparing.values()) controller.abort()
  }

  /** @throws EVALUATION_MISSING. */
  current(study: OpenStudy): StoredEvaluation {
    const stored = study.store.evaluations.current()
    if (stored === null) {
      throw new LinchpinError('EVALUATION_MISSING', `"${study.info().name}" has no images to measure on.`, {
        fix: 'Choose images first (linchpin data STUDY PATH).'
      })
    }
    return stored
  }

  /** The pixels of a set, from the cache or prepared again. @throws FILE_CHANGED when they are others now. */
  async images({ evaluation }: StoredEvaluation, signal?: AbortSignal): Promise<ImageFile> {
    return openEvaluation(evaluation, { cacheFolder: this.cacheFolder, signal })
  }

  async export(study: OpenStudy, path: string): Promise<{ images: number }> {
    const images = await this.images(this.current(study))
    await exportEvaluation(images, resolve(path))
    return { images: images.count }
  }
}

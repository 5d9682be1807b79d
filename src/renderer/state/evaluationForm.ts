import type { Evaluation, EvaluationRequest } from '@shared/contract/evaluation'
import { wholeNumber } from './numbers'

/** The evaluation sheet as typed: numbers are text until they are used. */
export interface EvaluationForm {
  path: string
  labels: string
  resize: string
  crop: string
  count: string
  seed: string
  all: boolean
  stratified: boolean
}

/** What the study's set was made with, or the published protocol's values. */
export function evaluationForm(set: Evaluation | null): EvaluationForm {
  const request = set?.request
  return {
    path: request?.path ?? '',
    labels: request?.labels ?? '',
    resize: String(request?.resize ?? 256),
    crop: String(request?.crop ?? 224),
    count: String(request?.count ?? 10000),
    seed: String(request?.seed ?? 0),
    all: request?.all ?? false,
    stratified: request?.stratified ?? false
  }
}

/** Null while something is missing or out of bounds. */
export function evaluationRequest(form: EvaluationForm): EvaluationRequest | null {
  const path = form.path.trim()
  const labels = form.labels.trim()
  const resize = wholeNumber(form.resize, 1, 4096)
  const crop = wholeNumber(form.crop, 1, 4096)
  const count = wholeNumber(form.count, 1, 10_000_000)
  const seed = wholeNumber(form.seed, 0, 0xffffffff)
  if (path === '' || resize === null || crop === null || count === null || seed === null) return null
  return {
    path,
    ...(labels === '' ? {} : { labels }),
    resize,
    crop,
    count,
    seed,
    stratified: form.stratified && !form.all,
    all: form.all
  }
}

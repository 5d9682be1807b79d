import { resolve } from 'node:path'
import type { LinchpinClient } from '@shared/contract'
import type { Warning } from '@shared/contract/model'
import { loadClassifier } from '../architectures'
import { openImageArray } from '../images'
import { executionOf } from './batch'
import { Engine } from './engine'
import { withAbsoluteHead } from './heads'
import type { EngineProcess } from './ports'

type Request = Parameters<LinchpinClient['models']['predict']>[0]

/**
 * Unperturbed logits of an array's images. float32 arrays are taken as given: only a mean and std of the request's
 * own are applied; uint8 pixels are scaled to [0, 1] and normalised as the model's are.
 */
export async function predict(
  request: Request,
  launchEngine: () => EngineProcess
): Promise<{ images: number; classes: number; warnings: Warning[] }> {
  const path = resolve(request.path)
  const options = withAbsoluteHead(request.options)
  const { inspection } = await loadClassifier(path, options)
  const images = await openImageArray(resolve(request.input))
  const given = options.mean !== undefined || options.std !== undefined
  const normalized = images.dtype === 'uint8' || given
  const engine = new Engine(launchEngine())
  try {
    const done = await engine.client.predict({
      model: {
        path,
        options,
        normalization: normalized ? inspection.normalization : null
      },
      images,
      output: resolve(request.output),
      execution: executionOf(request, images)
    })
    // Images that are taken as given are not normalised, whatever the file says of it.
    const warnings = inspection.warnings.filter(({ code }) => normalized || code !== 'normalization-assumed')
    return { ...done, warnings }
  } catch (error) {
    throw await engine.explain(error, `predicting with "${path}"`)
  } finally {
    await engine.stop()
  }
}

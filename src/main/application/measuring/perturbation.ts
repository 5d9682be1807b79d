/** A perturbation as the engine takes it. */
import type { Perturbation } from '@shared/contract/engine'
import type { ModelOptions } from '@shared/contract/model'
import type { PerturbationText } from '@shared/perturbation-text'
import type { DrawScheme } from '../../perturbations'

/** @param secondPath of a second checkpoint, absolute. @param options of the model that it is put into. */
export function enginePerturbation(
  perturbation: PerturbationText,
  scheme: DrawScheme,
  secondPath: string | null,
  options: ModelOptions
): Perturbation {
  const second = secondPath === null ? null : { path: secondPath, options: secondOptions(options) }
  switch (perturbation.kind) {
    case 'randomize':
      return { kind: 'randomize', scheme }
    case 'reinit':
      if (second === null) throw new Error('reinit without a second checkpoint')
      return { kind: 'reinit', ...second }
    case 'interpolate': {
      const { alpha } = perturbation
      const towards =
        second === null ? ({ kind: 'draw', scheme } as const) : ({ kind: 'checkpoint', ...second } as const)
      return { kind: 'interpolate', alpha, towards }
    }
    case 'noise':
      return perturbation
    default:
      return { kind: perturbation.kind }
  }
}

/** How a second checkpoint is read: as the same network, which may be wrapped otherwise and has its own classifier. */
function secondOptions({ architecture, heads, epsilon, output }: ModelOptions): ModelOptions {
  return {
    ...(architecture === undefined ? {} : { architecture }),
    ...(heads === undefined ? {} : { heads }),
    ...(epsilon === undefined ? {} : { epsilon }),
    ...(output === undefined ? {} : { output })
  }
}

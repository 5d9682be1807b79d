/** Networks of inverted residual blocks (Sandler et al., arXiv 1801.04381) under timm's names. */
import { countOf, type Modules } from '../modules'
import type { TensorShapes } from '../types'

/** What a family fixes: its networks differ in widths and depths alone. */
export interface Plan {
  /** Of the depthwise convolution, stage after stage. */
  readonly kernels: readonly number[]
  readonly strides: readonly number[]
  /** Hidden channels over those that enter; 1: no pointwise convolution before the depthwise one. */
  readonly expansions: readonly number[]
  readonly activation: 'relu6' | 'silu'
  readonly squeeze: boolean
}

export interface Block {
  /** Module path, e.g. `blocks.1.0`. */
  readonly name: string
  readonly kernel: number
  readonly stride: number
  readonly expansion: number
  readonly squeeze: boolean
}

export interface Inverted {
  readonly stages: readonly (readonly Block[])[]
  readonly activation: Plan['activation']
  /** ε of the batch norms. */
  readonly epsilon: number
  /** Whether strided convolutions pad as TensorFlow does, more behind than before. */
  readonly same: boolean
}

/** Whether there are as many stages as planned and none has a part of another block. */
export function isInverted({ kernels }: Plan, modules: Modules): boolean {
  const stageCount = countOf((i) => modules.has(`blocks.${String(i)}`))
  return modules.has('conv_stem') && modules.has('blocks.1.0.conv_pwl') && stageCount === kernels.length
}

export function layoutOf(
  plan: Plan,
  modules: Modules,
  numbers: Pick<Inverted, 'epsilon' | 'same'>
): Inverted {
  const stages = plan.kernels.map((kernel, i) => {
    const stage = `blocks.${String(i)}`
    const count = countOf((j) => modules.has(`${stage}.${String(j)}`))
    return Array.from({ length: count }, (_, j) => ({
      name: `${stage}.${String(j)}`,
      kernel,
      stride: j === 0 ? (plan.strides[i] ?? 1) : 1,
      expansion: plan.expansions[i] ?? 1,
      squeeze: plan.squeeze
    }))
  })
  return { stages, activation: plan.activation, ...numbers }
}

/** E.g. `[1, 2, 2, 3, 3, 4, 1]`. */
export function depthsOf({ stages }: Inverted): string {
  return `[${stages.map((blocks) => blocks.length).join(', ')}]`
}

/** Module paths of a block's convolutions, with the norms behind them. */
export function partsOf({ name, expansion }: Block): {
  readonly expand: readonly [string, string] | null
  readonly depthwise: readonly [string, string]
  readonly project: readonly [string, string]
} {
  const pair = (convolution: string, norm: string): readonly [string, string] => [
    `${name}.${convolution}`,
    `${name}.${norm}`
  ]
  return expansion === 1
    ? { expand: null, depthwise: pair('conv_dw', 'bn1'), project: pair('conv_pw', 'bn2') }
    : {
        expand: pair('conv_pw', 'bn1'),
        depthwise: pair('conv_dw', 'bn2'),
        project: pair('conv_pwl', 'bn3')
      }
}

/** Whether a tensor by this name would be a part of the network. */
export const owns = (name: string): boolean =>
  /^(conv_stem|bn1|blocks|conv_head|bn2|norm_head|classifier)\./.test(name)

export function classesOf(shapes: TensorShapes): number | null {
  return shapes.get('classifier.weight')?.[0] ?? null
}

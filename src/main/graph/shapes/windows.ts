/** Shapes of what slides a window over its input: convolutions and pools. */
import type { NodeProto } from '../model'
import { attribute, integerAttribute, integersAttribute } from '../nodes'
import type { Shape } from './types'

export function convolvedShape(node: NodeProto, input: Shape, weight: Shape | null): Shape | null {
  const [outputs] = weight ?? []
  if (weight === null || outputs === undefined) return null
  return pooledShape(node, input, weight.slice(2), outputs)
}

export function pooledShape(
  node: NodeProto,
  input: Shape,
  kernel: readonly number[],
  channels: number
): Shape {
  const { space, strides, dilations, pads } = windowOf(node, input)
  const same = autoPad(node)?.startsWith('SAME') === true
  const round = integerAttribute(node, 'ceil_mode', 0) === 1 ? Math.ceil : Math.floor
  const sizes = space.map((size, i) => {
    const stride = strides[i] ?? 1
    if (same) return Math.ceil(size / stride)
    const reach = (dilations[i] ?? 1) * ((kernel[i] ?? 1) - 1) + 1
    const padded = size + (pads[i] ?? 0) + (pads[i + space.length] ?? 0)
    return round((padded - reach) / stride) + 1
  })
  return [input[0] ?? 1, channels, ...sizes]
}

/** @param weight [in, out / groups, …kernel]. */
export function transposeConvolvedShape(node: NodeProto, input: Shape, weight: Shape | null): Shape | null {
  if (weight === null) return null
  const { space, strides, dilations, pads } = windowOf(node, input)
  const more = integersAttribute(node, 'output_padding', [])
  const asked = integersAttribute(node, 'output_shape', [])
  const same = autoPad(node)?.startsWith('SAME') === true
  const sizes = space.map((size, i) => {
    const stride = strides[i] ?? 1
    if (asked.length > 0) return asked.at(i - space.length) ?? 0
    if (same) return size * stride
    const reach = (dilations[i] ?? 1) * ((weight[i + 2] ?? 1) - 1) + 1
    return stride * (size - 1) + (more[i] ?? 0) + reach - (pads[i] ?? 0) - (pads[i + space.length] ?? 0)
  })
  return [input[0] ?? 1, (weight[1] ?? 1) * integerAttribute(node, 'group', 1), ...sizes]
}

function windowOf(
  node: NodeProto,
  input: Shape
): Readonly<Record<'space' | 'strides' | 'dilations' | 'pads', readonly number[]>> {
  const space = input.slice(2)
  const ones = space.map(() => 1)
  const none = [...space, ...space].map(() => 0)
  return {
    space,
    strides: integersAttribute(node, 'strides', ones),
    dilations: integersAttribute(node, 'dilations', ones),
    pads: integersAttribute(node, 'pads', none)
  }
}

function autoPad(node: NodeProto): string | undefined {
  const value = attribute(node, 'auto_pad')?.s
  return value === undefined ? undefined : new TextDecoder().decode(value)
}

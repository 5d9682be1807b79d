/** When two findings are one layer, although an exporter may share equal tensors between different ones. */
import type { Found, Part } from './types'

/**
 * One matrix used twice, turned alike, is one layer. Equal tensors that an exporter shares are not: vectors (zero
 * biases, unit scales), and tables and matrices that are not trained yet and hold one value. Those are one layer
 * where everything is shared and the exporter says that the modules are the same.
 * @param module the path of a finding's module as its node tells it, or null.
 */
export function isSameLayer(a: Found, b: Found, module: (found: Found) => string | null): boolean {
  const [weight] = a.parts
  const [other] = b.parts
  if (weight === undefined || other === undefined || a.kind !== b.kind || !isSamePart(weight, other))
    return false
  if (weight.shape.length > 1 && !isOfOneValue(weight)) return true
  if (a.kind === 'embedding') return false
  const paths = [module(a), module(b)]
  const known = paths.every((path) => path !== null)
  if (!known) return weight.shape.length > 1
  const [path, otherPath] = paths.map(withoutCount)
  return (
    path === otherPath &&
    a.parts.length === b.parts.length &&
    a.parts.every((part, i) => isTwin(part, b.parts[i]))
  )
}

function isTwin(part: Part, other: Part | undefined): boolean {
  return other !== undefined && isSamePart(part, other)
}

function isSamePart(a: Part, b: Part): boolean {
  return (
    a.constant.key === b.constant.key &&
    a.transposed === b.transposed &&
    a.shape.length === b.shape.length &&
    a.constant.dataType === b.constant.dataType
  )
}

function isOfOneValue({ constant }: Part): boolean {
  const [first, ...rest] = constant.read().subarray(0, 64)
  return rest.every((value) => value === first) && constant.read().every((value) => value === first)
}

/** The second use of a module `norm` is named `norm_1`. */
const withoutCount = (path: string): string => path.replace(/_\d+$/, '')

/** Adds the uses of the second finding to the first. */
export function mergeLayers(first: Found, second: Found): void {
  first.again.push(second.node)
  for (const part of first.parts) {
    const twin = second.parts.find(
      (other) => other.role === part.role && other.constant.key === part.constant.key
    )
    const uses = twin?.uses ?? []
    part.uses.push(
      ...uses.filter(({ node, input }) => !part.uses.some((own) => own.node === node && own.input === input))
    )
  }
}

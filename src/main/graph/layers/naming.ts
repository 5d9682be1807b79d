/** Gives every layer its name: unique, and the module path wherever the file still has it. */
import {
  attentionTable,
  isNumbered,
  isParameterName,
  nameFromNode,
  nameFromScopes,
  nameFromTensor,
  withoutSharedWrapper
} from './names'
import type { NodeProto } from '../model'
import type { Found, Part } from './types'

/** The module path that a node itself tells, else null. */
export function moduleOfNode(node: NodeProto): string | null {
  return nameFromNode(node.name) ?? nameFromScopes(node)
}

export function layerNames(found: readonly Found[]): string[] {
  const owners = new Map<string, number>()
  for (const { parts } of found) {
    for (const name of new Set(parts.map(storedName))) owners.set(name, (owners.get(name) ?? 0) + 1)
  }
  const isShared = (part: Part): boolean => (owners.get(storedName(part)) ?? 0) > 1
  const modules = found.map((layer) => moduleOf(layer, isShared))
  const named = modules.filter((name): name is string => name !== null)
  const short = new Map(withoutSharedWrapper(named).map((name, i) => [named[i] ?? '', name]))
  const counts = new Map<string, number>()
  return found.map(({ kind, node, index }, i) => {
    const module = modules[i] ?? null
    const operator = kind === 'embedding' || kind === 'scale' ? kind : node.opType.toLowerCase()
    const name = (module === null ? null : short.get(module)) ?? `${operator}_${String(index)}`
    const count = counts.get(name) ?? 0
    counts.set(name, count + 1)
    return count === 0 ? name : `${name}#${String(count + 1)}`
  })
}

const storedName = ({ constant }: Part): string => constant.names.at(-1) ?? ''

/**
 * From the name of the weight or of its bias, else from the node. A tensor that several layers share is named after
 * one of them: there the node knows better.
 */
function moduleOf(layer: Found, isShared: (part: Part) => boolean): string | null {
  const { parts, node, kind } = layer
  const names = parts.flatMap((part) =>
    isShared(part) ? part.constant.names.slice(0, -1) : part.constant.names
  )
  for (const name of names) {
    const module = nameFromTensor(name, kind)
    if (module !== null) return module
  }
  const module = moduleOfNode(node)
  const [weight] = parts
  const stored = weight === undefined ? '' : storedName(weight)
  if (module === null) return nameFromTensor(stored, kind)
  if (kind !== 'embedding' && kind !== 'scale') return module
  // Shared with another module, where it has the same name.
  const [, parameter] = /\.([^.]+)$/.exec(isParameterName(stored) ? stored : '') ?? []
  return parameter === undefined ? freeName(module, kind) : nameFromTensor(`${module}.${parameter}`, kind)
}

/** A parameter without a module of its own, named after the module that uses it. */
function freeName(module: string, kind: 'embedding' | 'scale'): string {
  if (kind === 'scale') return isNumbered(module) ? `${module}.gamma` : module
  return `${module}.${attentionTable(module) ?? 'embedding'}`
}

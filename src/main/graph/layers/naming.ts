import { moduleName, withoutSharedWrapper } from './names'
import type { Found } from './types'

export function layerNames(found: readonly Found[]): string[] {
  const modules = found.map(({ node, parts }) => moduleName(node, parts[0]?.value ?? ''))
  const named = modules.filter((name): name is string => name !== null)
  const short = new Map(withoutSharedWrapper(named).map((name, i) => [named[i] ?? '', name]))
  const counts = new Map<string, number>()
  return found.map(({ node, index }, i) => {
    const module = modules[i] ?? null
    const name =
      (module === null ? null : short.get(module)) ?? `${node.opType.toLowerCase()}_${String(index)}`
    const count = counts.get(name) ?? 0
    counts.set(name, count + 1)
    return count === 0 ? name : `${name}#${String(count + 1)}`
  })
}

/** `*` stands for any characters, `?` for one; a pattern without them is the whole name. No patterns match all. */
export function matchesAny(patterns: readonly string[], ...names: readonly string[]): boolean {
  if (patterns.length === 0) return true
  return patterns.some((pattern) => names.some((name) => toRegExp(pattern).test(name)))
}

function toRegExp(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`)
}

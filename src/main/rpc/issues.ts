/** The part of a Standard Schema issue that is read here. */
interface Issue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

const LONGEST_QUOTE = 80

/**
 * One line an issue, naming the option and quoting its value: `spec.trials is 0: Too small: expected …`.
 *
 * @param input the value that was validated; undefined: quote nothing.
 */
export function describeIssues(issues: readonly Issue[], input: unknown): string[] {
  return issues.map((issue) => {
    const keys = (issue.path ?? []).map((segment) => (typeof segment === 'object' ? segment.key : segment))
    const name = keys.length === 0 ? 'the input' : keys.map(String).join('.')
    const found = input === undefined ? undefined : quote(valueAt(input, keys))
    return found === undefined ? `${name}: ${issue.message}` : `${name} is ${found}: ${issue.message}`
  })
}

function valueAt(input: unknown, keys: readonly PropertyKey[]): unknown {
  let value = input
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = Reflect.get(value, key)
  }
  return value
}

/** A short value as JSON; undefined where there is none or it is too long to quote. */
function quote(value: unknown): string | undefined {
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) {
    const text = JSON.stringify(value)
    return text.length <= LONGEST_QUOTE ? text : `${text.slice(0, LONGEST_QUOTE)}…`
  }
  return undefined
}

/**
 * Walks through JSON text without making a value of it: what the caller does not ask for costs no memory, however
 * much of it there is or however deep it is nested, and names that occur twice are seen.
 */

/** Nested deeper than any header or index. */
const DEEPEST = 64

const QUOTE = 0x22
const BACKSLASH = 0x5c
/** What is below has to be escaped. */
const FIRST_PRINTABLE = 0x20
const SPACE: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d])
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORD = /true|false|null/y

/** What the text has instead of what JSON, or the caller, expects. */
export class JsonProblem extends Error {}

export class JsonCursor {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /** Passes through an object; `entry` must pass each value. */
  object(entry: (name: string) => void): void {
    this.#expect('{')
    for (let more = !this.#take('}'); more; more = this.#goesOn('}')) {
      const name = this.string()
      this.#expect(':')
      entry(name)
    }
  }

  /** Passes through an array; `item` must pass each value. */
  array(item: () => void): void {
    this.#expect('[')
    for (let more = !this.#take(']'); more; more = this.#goesOn(']')) item()
  }

  string(): string {
    const text = this.#quoted()
    if (!text.includes('\\')) return text.slice(1, -1)
    try {
      return JSON.parse(text) as string
    } catch {
      throw new JsonProblem(`${JSON.stringify(text.slice(0, 20))} has an escape that is none`)
    }
  }

  number(): number {
    return Number(this.#match(NUMBER, 'a number'))
  }

  /** The next value's first character; '' at the end. */
  peek(): string {
    while (SPACE.has(this.#text.charCodeAt(this.#at))) this.#at += 1
    return this.#text.charAt(this.#at)
  }

  /** Passes any value. */
  skip(depth = 0): void {
    if (depth > DEEPEST) throw new JsonProblem(`more than ${DEEPEST} levels at character ${this.#at}`)
    const next = this.peek()
    if (next === '{') this.object(() => this.skip(depth + 1))
    else if (next === '[') this.array(() => this.skip(depth + 1))
    else if (next === '"') this.#quoted()
    else if (next === 't' || next === 'f' || next === 'n') this.#match(WORD, 'a value')
    else this.#match(NUMBER, 'a value')
  }

  /** Nothing but space may follow. */
  end(): void {
    if (this.peek() !== '') throw this.#problem('nothing more')
  }

  #goesOn(close: string): boolean {
    if (this.#take(close)) return false
    this.#expect(',')
    return true
  }

  #expect(character: string): void {
    if (!this.#take(character)) throw this.#problem(`"${character}"`)
  }

  #take(character: string): boolean {
    if (this.peek() !== character) return false
    this.#at += 1
    return true
  }

  /** Up to the quote that closes it. */
  #quoted(): string {
    if (this.peek() !== '"') throw this.#problem('a string')
    const start = this.#at
    for (let at = start + 1; ; at += 1) {
      const code = this.#text.charCodeAt(at)
      if (!(code >= FIRST_PRINTABLE)) throw this.#problem('a string that ends')
      if (code === BACKSLASH) at += 1
      if (code !== QUOTE) continue
      this.#at = at + 1
      return this.#text.slice(start, this.#at)
    }
  }

  #match(pattern: RegExp, what: string): string {
    this.peek()
    pattern.lastIndex = this.#at
    const [found] = pattern.exec(this.#text) ?? []
    if (found === undefined) throw this.#problem(what)
    this.#at = pattern.lastIndex
    return found
  }

  #problem(expected: string): JsonProblem {
    const found = this.#text.slice(this.#at, this.#at + 20)
    return new JsonProblem(
      `${found === '' ? 'its end' : JSON.stringify(found)} at character ${this.#at}, where ${expected} is expected`
    )
  }
}

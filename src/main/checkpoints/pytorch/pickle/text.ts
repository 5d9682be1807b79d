/** Text of pickle's oldest protocol, which is written as in a Python program. */

const SIMPLE: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['b', '\b'],
  ['f', '\f'],
  ['a', '\x07'],
  ['v', '\v'],
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"']
])

/** A quoted string, e.g. `'a\x00b'`; null where it is none. */
export function unquote(text: string): string | null {
  const quoted = /^(['"])(.*)\1$/s.exec(text.trim())?.[2]
  return (
    quoted?.replace(/\\(?:x([0-9a-f]{2})|(.))/gis, (all: string, hex?: string, letter?: string) =>
      hex === undefined ? (SIMPLE.get(letter ?? '') ?? all) : String.fromCharCode(parseInt(hex, 16))
    ) ?? null
  )
}

/** Python's raw-unicode-escape: only \uXXXX and \UXXXXXXXX are escapes. */
export function unescapeUnicode(text: string): string {
  return text.replace(
    /\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g,
    (all: string, short?: string, long?: string) => {
      const code = parseInt(short ?? long ?? '', 16)
      return code <= 0x10ffff ? String.fromCodePoint(code) : all
    }
  )
}

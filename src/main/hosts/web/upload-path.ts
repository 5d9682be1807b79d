import { LinchpinError } from '@shared/errors'

const PREFIX = '/uploads/'
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const MOST_SEGMENTS = 16
/** What file systems take for one name. */
const LONGEST_NAME_BYTES = 255
const WINDOWS_CHARACTERS = /[<>:"|?*]|[. ]$/
const WINDOWS_DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i

export interface UploadPath {
  /** Names the files that were dropped together. */
  readonly group: string
  /** Relative to the group's folder: at least one, each a plain name. */
  readonly segments: readonly string[]
}

/**
 * Reads `/uploads/<group>/<relative path>`, each segment percent-encoded. Takes the request's own target: a
 * parsed URL would already have resolved `..`.
 *
 * @throws LinchpinError OPTION_INVALID when the path could lead out of the group's folder, or no file can have it.
 */
export function parseUploadPath(target: string, platform: NodeJS.Platform): UploadPath {
  const [path = ''] = target.split('?')
  if (!path.startsWith(PREFIX)) throw refused(target, 'must start with /uploads/')
  const [group = '', ...segments] = path
    .slice(PREFIX.length)
    .split('/')
    .map((part) => decode(part, target))
  if (!UUID.test(group)) throw refused(target, 'must name its group with a UUID in lower case')
  if (segments.length === 0) throw refused(target, 'must name a file')
  if (segments.length > MOST_SEGMENTS)
    throw refused(target, `must have at most ${MOST_SEGMENTS} levels of folders`)
  for (const segment of segments) {
    const reason = whyNoName(segment, platform)
    if (reason !== null) throw refused(target, reason)
  }
  return { group, segments }
}

function decode(part: string, target: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw refused(target, 'must be percent-encoded UTF-8')
  }
}

function whyNoName(segment: string, platform: NodeJS.Platform): string | null {
  if (segment === '' || segment === '.' || segment === '..') return 'must have no empty, "." or ".." part'
  if (/[/\\\p{Cc}]/u.test(segment)) return 'must have no slash, backslash or control character in a name'
  if (Buffer.byteLength(segment) > LONGEST_NAME_BYTES) {
    return `must have no name of more than ${LONGEST_NAME_BYTES} bytes`
  }
  if (platform === 'win32' && (WINDOWS_CHARACTERS.test(segment) || WINDOWS_DEVICES.test(segment))) {
    return 'must have names that Windows allows'
  }
  return null
}

function refused(target: string, reason: string): LinchpinError {
  const shown = target.length > 200 ? `${target.slice(0, 200)}…` : target
  return new LinchpinError('OPTION_INVALID', `The upload path ${JSON.stringify(shown)} ${reason}.`)
}

/** Which names the web host answers to: a page of another name that resolves to this machine gets nothing. */
import { isIP } from 'node:net'
import { hostname } from 'node:os'

const LOOPBACK_NAMES: readonly string[] = ['localhost', '127.0.0.1', '[::1]']
const EVERY_ADDRESS: readonly string[] = ['0.0.0.0', '::']

/** An address as it stands in a URL: IPv6 in brackets, all in lower case. */
export function urlHost(host: string): string {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase()
  return isIP(bare) === 6 ? `[${bare}]` : bare
}

/** The name in a `Host` header, without its port; null when it is no host. */
function nameInHeader(header: string): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i.exec(header)
  return match?.[1]?.toLowerCase() ?? null
}

/**
 * Any port will do: behind `ssh -L 9000:127.0.0.1:8000` the browser says `localhost:9000`.
 *
 * @param bound the host that the server was told to listen on. Where that is every address of the machine, its
 *   name and all numeric addresses will do too: another site's name is what must not pass.
 */
export function isAllowedHost(header: string | undefined, bound: string): boolean {
  const name = header === undefined ? null : nameInHeader(header)
  if (name === null) return false
  if (LOOPBACK_NAMES.includes(name) || name === urlHost(bound)) return true
  if (!EVERY_ADDRESS.includes(bound)) return false
  return isIP(name.replace(/^\[|\]$/g, '')) !== 0 || name === hostname().toLowerCase()
}

/** Whether a request that changes something comes from the page that this server has given out. */
export function isSameOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined || host === undefined || !URL.canParse(origin)) return false
  const url = new URL(origin)
  return (url.protocol === 'http:' || url.protocol === 'https:') && url.host === host.toLowerCase()
}

/** The host to print in an address; one that means every address is reached over loopback. */
export function printedHost(bound: string): string {
  if (bound === '0.0.0.0') return '127.0.0.1'
  return urlHost(bound === '::' ? '::1' : bound)
}

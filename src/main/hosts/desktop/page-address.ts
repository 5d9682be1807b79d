/** Addresses of the window's page: a scheme of our own, so that the page has an origin and headers. */

export const PAGE_SCHEME = 'linchpin'
export const PAGE_ADDRESS = `${PAGE_SCHEME}://app/index.html`

/** Whether an address belongs to the page: the same scheme and host (Node gives other schemes no origin). */
export function isPartOfPage(address: string, page: string): boolean {
  if (!URL.canParse(address) || !URL.canParse(page)) return false
  const a = new URL(address)
  const b = new URL(page)
  return a.protocol === b.protocol && a.host === b.host
}

/** Whether a link may be handed to the user's browser. */
export function isExternalLink(address: string): boolean {
  return URL.canParse(address) && new URL(address).protocol === 'https:'
}

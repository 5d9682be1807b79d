/** Response headers of the page, whatever serves it: a window's protocol or a loopback server. */

/**
 * Everything comes from where the page came from; nothing is embedded, framed or submitted elsewhere. Charts
 * need inline styles, and thumbnails and downloads need data and blob addresses.
 *
 * @param sockets the WebSocket origins that the page may connect to, e.g. `ws://127.0.0.1:8000`.
 */
export function contentSecurityPolicy(sockets: readonly string[]): string {
  return [
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    ["connect-src 'self'", ...sockets].join(' '),
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'"
  ].join('; ')
}

export function pageHeaders(sockets: readonly string[]): Record<string, string> {
  return {
    'Content-Security-Policy': contentSecurityPolicy(sockets),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin'
  }
}

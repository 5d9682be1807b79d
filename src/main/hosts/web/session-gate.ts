import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { parseCookie, stringifySetCookie } from 'cookie'

interface Session {
  /** The token that opened it. */
  readonly token: string
  connected: boolean
}

const secret = (): string => randomBytes(24).toString('base64url')

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** In a time that does not depend on where the texts differ. */
function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b))
}

/**
 * Who may use the web host. The printed address carries a token, which opens a session, which a cookie names.
 * A token is used up when the first session that it opened connects: what merely looked at the address before,
 * such as a link preview, takes nothing away, and is shut out from then on.
 */
export class SessionGate {
  readonly #sessions = new Map<string, Session>()
  readonly #onNewToken: (token: string) => void
  /** Ports share a host's cookies, and several servers may run on one host. */
  readonly #cookieName = `linchpin-${randomBytes(6).toString('hex')}`
  #token = secret()

  constructor(onNewToken: (token: string) => void) {
    this.#onNewToken = onNewToken
  }

  /** The token that opens a session now. */
  get token(): string {
    return this.#token
  }

  /** @returns the `Set-Cookie` header of a new session, or null when the token is not the current one. */
  enter(token: string): string | null {
    if (!sameSecret(token, this.#token)) return null
    const id = secret()
    this.#sessions.set(digest(id).toString('hex'), { token: this.#token, connected: false })
    return stringifySetCookie({
      name: this.#cookieName,
      value: id,
      path: '/',
      httpOnly: true,
      sameSite: 'strict'
    })
  }

  /** Whether a request with this `Cookie` header belongs to a session. */
  admits(cookieHeader: string | undefined): boolean {
    return this.#find(cookieHeader) !== undefined
  }

  /** A WebSocket of the session has connected. */
  connected(cookieHeader: string | undefined): void {
    const session = this.#find(cookieHeader)
    if (session === undefined || session.connected) return
    session.connected = true
    if (session.token !== this.#token) return
    for (const [key, other] of this.#sessions) {
      if (other.token === session.token && !other.connected) this.#sessions.delete(key)
    }
    this.#token = secret()
    this.#onNewToken(this.#token)
  }

  // A session is looked up by its digest, which tells nothing about how much of a guess was right.
  #find(cookieHeader: string | undefined): Session | undefined {
    const id = parseCookie(cookieHeader ?? '')[this.#cookieName]
    return id === undefined ? undefined : this.#sessions.get(digest(id).toString('hex'))
  }
}

import { protocol, type Session } from 'electron'
import { PAGE_SCHEME } from './page-address'
import { servePage } from './page-files'

/** What the page may do beyond drawing itself: put a table into the clipboard. */
const PERMISSIONS: readonly string[] = ['clipboard-sanitized-write']

/** Makes the page's scheme one with an origin; must be called before the application is ready. */
export function registerPageScheme(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: PAGE_SCHEME,
      privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true }
    }
  ])
}

/** Serves the built page to a session, and denies it everything else that it could ask for. */
export function setUpSession(session: Session, rendererFolder: string): void {
  session.protocol.handle(PAGE_SCHEME, (request) => servePage(request.url, rendererFolder))
  session.setPermissionRequestHandler((_, permission, decide) => decide(PERMISSIONS.includes(permission)))
  session.setPermissionCheckHandler((_, permission) => PERMISSIONS.includes(permission))
}

import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { pageHeaders } from '../page-headers'
import { isPartOfPage, PAGE_ADDRESS } from './page-address'

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.ttf': 'font/ttf',
  '.woff2': 'font/woff2'
}

/** The file that an address of the page names; null when it names none in the folder. */
export function pageFile(address: string, folder: string): string | null {
  if (!isPartOfPage(address, PAGE_ADDRESS)) return null
  const { pathname } = new URL(address)
  let path: string
  try {
    path = decodeURIComponent(pathname)
  } catch {
    return null
  }
  const parts = (path === '/' ? '/index.html' : path).slice(1).split('/')
  const isPlain = parts.every((part) => part !== '' && part !== '..' && !/[\\:\0]/.test(part))
  return isPlain ? join(folder, ...parts) : null
}

/** Answers a request of the page from the built files, with the headers that the web host gives too. */
export async function servePage(address: string, folder: string): Promise<Response> {
  const file = pageFile(address, folder)
  const type = file === null ? undefined : CONTENT_TYPES[extname(file)]
  if (file === null || type === undefined) return notFound()
  try {
    const content = await readFile(file)
    return new Response(content, { headers: { ...pageHeaders([]), 'Content-Type': type } })
  } catch {
    return notFound()
  }
}

function notFound(): Response {
  return new Response('Not found.', { status: 404, headers: pageHeaders([]) })
}

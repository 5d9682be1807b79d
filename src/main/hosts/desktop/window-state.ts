import { readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'

const boundsSchema = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int().positive(),
  height: z.number().int().positive()
})
const stateSchema = z.object({ bounds: boundsSchema, maximized: z.boolean() })

export type Bounds = z.infer<typeof boundsSchema>
export type WindowState = z.infer<typeof stateSchema>

export const DEFAULT_SIZE = { width: 1280, height: 800 } as const
export const MINIMUM_SIZE = { width: 1100, height: 640 } as const

/** How much of a window's top edge must lie on a display for the user to get hold of it. */
const REACHABLE_PIXELS = 100

/**
 * Where to open the window: where it was, unless the display that it was on has gone.
 *
 * @param saved null: none is remembered.
 * @param displays the work areas of the displays.
 */
export function windowPlace(
  saved: WindowState | null,
  displays: readonly Bounds[]
): { readonly bounds: Partial<Bounds>; readonly maximized: boolean } {
  if (saved === null) return { bounds: DEFAULT_SIZE, maximized: false }
  const { bounds, maximized } = saved
  const reachable = displays.some((display) => {
    const left = Math.max(bounds.x, display.x)
    const right = Math.min(bounds.x + bounds.width, display.x + display.width)
    const topIsInside = bounds.y >= display.y && bounds.y < display.y + display.height
    return topIsInside && right - left >= REACHABLE_PIXELS
  })
  return { bounds: reachable ? bounds : { width: bounds.width, height: bounds.height }, maximized }
}

export function readWindowState(file: string): WindowState | null {
  try {
    return stateSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return null
  }
}

/** @throws an error of the file system. */
export function writeWindowState(file: string, state: WindowState): void {
  writeFileSync(file, JSON.stringify(state))
}

import type { Preparation } from '@shared/contract/evaluation'

/** Which part of the resized image the crop shows, and where it lies in the crop; the rest of the crop is 0. */
export interface Placement {
  /** Size of the whole resized image. */
  readonly width: number
  readonly height: number
  /** The part that is shown, in pixels of the resized image. */
  readonly window: Window
  /** Where the part's corner lies in the crop. */
  readonly left: number
  readonly top: number
}

export interface Window {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/**
 * Where the pixels of torchvision's `Resize(resize)` and `CenterCrop(crop)` come from: the shorter side becomes
 * `resize`, the longer one is truncated, and an image smaller than the crop is padded with 0 around it.
 * Source: torchvision 0.28, `_compute_resized_output_size` and `center_crop`.
 */
export function placement(width: number, height: number, { resize, crop }: Preparation): Placement {
  const long = Math.trunc((resize * Math.max(width, height)) / Math.min(width, height))
  const resized = width <= height ? { width: resize, height: long } : { width: long, height: resize }
  const across = placeAxis(resized.width, crop)
  const down = placeAxis(resized.height, crop)
  return {
    ...resized,
    window: { left: across.from, top: down.from, width: across.length, height: down.length },
    left: across.to,
    top: down.to
  }
}

function placeAxis(size: number, crop: number): { from: number; to: number; length: number } {
  if (size < crop) return { from: 0, to: Math.floor((crop - size) / 2), length: size }
  return { from: halfToEven((size - crop) / 2), to: 0, length: crop }
}

/** Python's `round` for a multiple of one half. */
function halfToEven(value: number): number {
  const floor = Math.floor(value)
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value)
}

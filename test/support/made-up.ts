/** Numbers in [0, 1) that look random and depend on their arguments alone: 32-bit FNV-1a, then mixed as in MurmurHash3. */
function hash(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32
}

/** A cosine distance: 0.3 with effects of the trial (±0.1), of the image (±0.1) and of both (±0.1). */
export function madeUp(unit: string, trial: number, image: number): number {
  const effect = (name: string): number => 0.2 * hash(`${unit} ${name}`) - 0.1
  return (
    0.3 +
    effect(`t${String(trial)}`) +
    effect(`i${String(image)}`) +
    effect(`${String(trial)} ${String(image)}`)
  )
}

/** PyTorch checkpoints, whatever they are named: .pth, .pt, .ckpt, .pth.tar, .bin. */
import type { CheckpointReader } from '../types'
import { MAGIC, openLegacy } from './legacy'

/** As the first pickle holds it: LONG1, 10 bytes, the number; or as text in protocol 1. */
const MAGIC_BYTES = [
  0x8a,
  10,
  ...Array.from({ length: 10 }, (_, i) => Number((MAGIC >> BigInt(8 * i)) & 0xffn))
]
const MAGIC_TEXT = `L${String(MAGIC)}L\n`

/** The stream format; the zip format is told from other archives by what is inside. */
export const legacyReader: CheckpointReader = {
  format: 'pytorch',
  match: isLegacy,
  open: openLegacy
}

/** The magic number behind PROTO and, in protocols 4 and 5, FRAME. */
function isLegacy(head: Uint8Array): boolean {
  const starts = head[0] !== 0x80 ? [] : head[2] === 0x95 ? [11] : [2]
  if (starts.some((start) => MAGIC_BYTES.every((byte, i) => head[start + i] === byte))) return true
  return new TextDecoder('latin1').decode(head.subarray(0, MAGIC_TEXT.length)) === MAGIC_TEXT
}

export { isTorchArchive, openTorchArchive } from './archive'

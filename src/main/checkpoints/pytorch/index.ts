/** PyTorch checkpoints, whatever they are named: .pth, .pt, .ckpt, .pth.tar, .bin. */
import type { CheckpointReader } from '../types'
import { openZip } from './archive'
import { MAGIC, openLegacy } from './legacy'

const HEAD = 512
/** As the first pickle holds it: LONG1, 10 bytes, the number; or as text in protocol 1. */
const MAGIC_BYTES = [
  0x8a,
  10,
  ...Array.from({ length: 10 }, (_, i) => Number((MAGIC >> BigInt(8 * i)) & 0xffn))
]
const MAGIC_TEXT = `L${String(MAGIC)}L\n`

export const pytorchReader: CheckpointReader = {
  format: 'pytorch',
  match: (head) => isZip(head) || isLegacy(head),
  async open(file) {
    const head = await file.read(0, Math.min(HEAD, file.size))
    return isZip(head) ? openZip(file, head) : openLegacy(file)
  }
}

/** Its first entry is no array: NumPy's archives are zip archives too. */
function isZip(head: Uint8Array): boolean {
  const text = new TextDecoder('latin1').decode(head.subarray(0, HEAD))
  return text.startsWith('PK\x03\x04') && !nameOfFirstEntry(text).endsWith('.npy')
}

function nameOfFirstEntry(head: string): string {
  const length = (head.charCodeAt(26) || 0) | ((head.charCodeAt(27) || 0) << 8)
  return head.slice(30, 30 + length)
}

/** The magic number behind PROTO and, in protocols 4 and 5, FRAME. */
function isLegacy(head: Uint8Array): boolean {
  const starts = head[0] !== 0x80 ? [] : head[2] === 0x95 ? [11] : [2]
  if (starts.some((start) => MAGIC_BYTES.every((byte, i) => head[start + i] === byte))) return true
  return new TextDecoder('latin1').decode(head.subarray(0, MAGIC_TEXT.length)) === MAGIC_TEXT
}

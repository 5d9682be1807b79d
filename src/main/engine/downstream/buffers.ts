/** Memory that is used again: a collector would let gigabytes of values wait before it frees them. */
export class Buffers {
  /** By size, the smallest first. */
  private readonly free: ArrayBuffer[] = []

  /** float32 values, whatever was there before. */
  take(length: number): Float32Array<ArrayBuffer> {
    const bytes = 4 * length
    const fitting = this.free.findIndex(({ byteLength }) => byteLength >= bytes)
    const [buffer] = fitting < 0 ? [] : this.free.splice(fitting, 1)
    if (buffer !== undefined) return new Float32Array(buffer, 0, length)
    // What lies here is too small: it makes room, so that no more is held than was needed at once.
    for (let room = 0; room < bytes && this.free.length > 0;) room += this.free.pop()?.byteLength ?? 0
    return new Float32Array(length)
  }

  give({ buffer }: Float32Array<ArrayBuffer>): void {
    const place = this.free.findIndex(({ byteLength }) => byteLength >= buffer.byteLength)
    this.free.splice(place < 0 ? this.free.length : place, 0, buffer)
  }
}

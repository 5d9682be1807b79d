/** Memory that is used again: a collector would let gigabytes of values wait before it frees them. */
export class Buffers {
  private readonly free: ArrayBuffer[] = []

  /** float32 values, whatever was there before. */
  take(length: number): Float32Array<ArrayBuffer> {
    const bytes = 4 * length
    const fitting = this.free
      .filter(({ byteLength }) => byteLength >= bytes && byteLength <= 2 * bytes)
      .sort((a, b) => a.byteLength - b.byteLength)[0]
    if (fitting === undefined) return new Float32Array(length)
    this.free.splice(this.free.indexOf(fitting), 1)
    return new Float32Array(fitting, 0, length)
  }

  give({ buffer }: Float32Array<ArrayBuffer>): void {
    this.free.push(buffer)
  }
}

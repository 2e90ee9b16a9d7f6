/** The last bytes of a stream, as many as there is room for. What was not taken in time gives way to what is newer. */
export class ByteRing {
  readonly capacity: number
  #bytes: Buffer | null = null
  #start = 0
  #size = 0
  #lost = 0

  /** @param capacity bytes that it holds at most; taken from memory when the first one comes. */
  constructor(capacity: number) {
    this.capacity = capacity
  }

  /** How many bytes it holds. */
  get size(): number {
    return this.#size
  }

  write(bytes: Uint8Array): void {
    const { capacity } = this
    this.#bytes ??= Buffer.allocUnsafe(capacity)
    const fitting = bytes.subarray(Math.max(0, bytes.length - capacity))
    const overflow = Math.max(0, this.#size + bytes.length - capacity)
    this.#lost += overflow
    this.#drop(Math.min(overflow, this.#size))
    const end = (this.#start + this.#size) % capacity
    const first = fitting.subarray(0, capacity - end)
    this.#bytes.set(first, end)
    this.#bytes.set(fitting.subarray(first.length), 0)
    this.#size += fitting.length
  }

  /** Takes the oldest bytes, at most so many, and says how many were lost before them. */
  take(max: number): { readonly bytes: Buffer; readonly lost: number } {
    const taken = Buffer.allocUnsafe(Math.min(max, this.#size))
    const head = this.#bytes?.subarray(this.#start, this.#start + taken.length) ?? taken
    taken.set(head)
    if (this.#bytes) taken.set(this.#bytes.subarray(0, taken.length - head.length), head.length)
    this.#drop(taken.length)
    const lost = this.#lost
    this.#lost = 0
    return { bytes: taken, lost }
  }

  #drop(count: number): void {
    this.#start = (this.#start + count) % this.capacity
    this.#size -= count
  }
}

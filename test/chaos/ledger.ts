/** A mutation that the server acknowledged. */
export interface Acknowledged {
  readonly operation: string
  readonly key: string
  readonly runId: string
  /** Of the run in the answer: the mutation is in its log up to here. */
  readonly revision: number
}

/** A lease that the server promised. */
export interface Promised {
  readonly runId: string
  readonly fence: number
  readonly expiresAt: string
}

/** What clients were told, kept where no crash reaches it: in the memory of the test. */
export class Ledger {
  readonly acknowledged: Acknowledged[] = []
  /** The last word about each lease. */
  readonly promised = new Map<string, Promised>()
  /** Keys of mutations that were refused, and so must have left nothing. */
  readonly refused: string[] = []
  /** Runs that were acknowledged to be gone. */
  readonly deleted = new Set<string>()
  #wake: () => void = () => undefined

  acknowledge(entry: Acknowledged): void {
    this.acknowledged.push(entry)
    this.#wake()
  }

  promise(lease: Promised): void {
    this.promised.set(lease.runId, lease)
  }

  /** Resolves the moment that so many more mutations are acknowledged. */
  async untilMore(count: number): Promise<void> {
    const goal = this.acknowledged.length + count
    while (this.acknowledged.length < goal) {
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}

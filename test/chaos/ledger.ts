/** A mutation that the server acknowledged. */
export interface Acknowledged {
  readonly operation: string
  readonly key: string
  readonly runId: string
  /** The revision of the run in the answer: the log contains the mutation up to here. */
  readonly revision: number
}

/** A lease that the server granted. */
export interface Promised {
  readonly runId: string
  readonly fence: number
  readonly expiresAt: string
}

/** The answers that clients got, kept in the memory of the test, which no crash affects. */
export class Ledger {
  readonly acknowledged: Acknowledged[] = []
  /** The latest answer about each lease. */
  readonly promised = new Map<string, Promised>()
  /** Keys of mutations that were refused, and so must have changed nothing. */
  readonly refused: string[] = []
  /** Runs whose deletion was acknowledged. */
  readonly deleted = new Set<string>()
  #wake: () => void = () => undefined

  acknowledge(entry: Acknowledged): void {
    this.acknowledged.push(entry)
    this.#wake()
  }

  promise(lease: Promised): void {
    this.promised.set(lease.runId, lease)
  }

  /** Resolves as soon as `count` more mutations are acknowledged. */
  async untilMore(count: number): Promise<void> {
    const goal = this.acknowledged.length + count
    while (this.acknowledged.length < goal) {
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}

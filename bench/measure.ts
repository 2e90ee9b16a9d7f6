import { percentile } from './statistics.ts'

/** How a number of operations went. */
export interface Sample {
  readonly operations: number
  readonly seconds: number
  readonly perSecond: number
  /** Milliseconds that half of the operations took at most. */
  readonly p50: number
  /** Milliseconds that 99 of 100 operations took at most. */
  readonly p99: number
}

/** How much to do, and how many at a time. */
export interface Amount {
  /** Clients that each do one operation after the other. */
  readonly clients: number
  /** Operations of each client. */
  readonly each: number
  readonly signal: AbortSignal
}

/** Does operations, and tells how long they took; rejects with the first that fails. */
export async function measure(
  { clients, each, signal }: Amount,
  act: (client: number, turn: number) => Promise<unknown>,
): Promise<Sample> {
  const operations = clients * each
  const took = new Float64Array(operations)
  const work = async (client: number): Promise<void> => {
    for (let turn = 0; turn < each; turn++) {
      signal.throwIfAborted()
      const start = performance.now()
      await act(client, turn)
      took[client * each + turn] = performance.now() - start
    }
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: clients }, (_, client) => work(client)))
  const seconds = (performance.now() - began) / 1000
  took.sort()
  return {
    operations,
    seconds,
    perSecond: operations / seconds,
    p50: percentile(took, 0.5),
    p99: percentile(took, 0.99),
  }
}

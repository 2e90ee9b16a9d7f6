import { percentile } from './statistics.ts'

/** Timing of a number of operations. */
export interface Sample {
  readonly operations: number
  readonly seconds: number
  readonly perSecond: number
  /** Milliseconds that half of the operations took at most. */
  readonly p50: number
  /** Milliseconds that 99 of 100 operations took at most. */
  readonly p99: number
}

/** Number of operations and concurrency. */
export interface Amount {
  /** Concurrent clients. */
  readonly clients: number
  /** Operations per client. */
  readonly each: number
  readonly signal: AbortSignal
}

/** Executes operations and measures their durations; rejects with the first failure. */
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

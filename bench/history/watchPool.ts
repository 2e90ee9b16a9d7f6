import type { Pool, PoolClient } from 'pg'
import type { Sent } from './explain.ts'

/** Calls `look` with each statement of a pool and waits for it before the statement is sent. Returns a function that ends this. */
export function watchPool(pool: Pool, look: (sent: Sent) => Promise<void>): () => void {
  const originals = new Map<PoolClient, PoolClient['query']>()
  const onAcquire = (client: PoolClient) => {
    if (originals.has(client)) return
    const send = client.query.bind(client) as (...args: unknown[]) => unknown
    originals.set(client, client.query)
    client.query = ((...args: unknown[]) => {
      const looked = look(toSent(args))
      const callback = args.at(-1)
      // the pool is called with a callback, so failures must be passed to it
      if (typeof callback === 'function') {
        const fail = callback as (error: unknown) => void
        return void looked.then(() => send(...args)).catch(fail)
      }
      return looked.then(() => send(...args))
    }) as PoolClient['query']
  }
  pool.on('acquire', onAcquire)
  return () => {
    pool.off('acquire', onAcquire)
    for (const [client, query] of originals) client.query = query
  }
}

function toSent([statement, values]: unknown[]): Sent {
  if (typeof statement === 'string')
    return { name: null, text: statement, values: Array.isArray(values) ? values : [] }
  const { name, text, values: own } = statement as { name?: string; text: string; values?: unknown[] }
  return { name: name ?? null, text, values: own ?? (Array.isArray(values) ? values : []) }
}

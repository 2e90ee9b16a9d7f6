import type pg from 'pg'
import type { Instant } from '../../lifecycle/run/run.ts'
import type { Store } from './openStore.ts'
import type { Connection } from './statement.ts'

/** One snapshot of the database, for all the statements of one request. */
export interface ReadSnapshot {
  /**
   * Returns the connection that sees this snapshot, and its time. The first call takes the connection from the pool.
   */
  open(): Promise<Opened>
  /** Returns the connection to the pool. Nothing may be read afterwards. */
  close(): Promise<void>
}

/** An opened snapshot. */
export interface Opened {
  readonly connection: Connection
  /** The database's clock when the snapshot was taken. */
  readonly now: Instant
}

/** How long a reader may idle on its snapshot between two statements before the database ends it, in milliseconds. */
const IDLE_TIMEOUT_MS = 30_000

// the clock is read by the statement that takes the snapshot
const BEGIN = `
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL idle_in_transaction_session_timeout = ${IDLE_TIMEOUT_MS};
SELECT clock_timestamp() AS now`

/**
 * Prepares a snapshot that is taken on first read, and holds one connection from then until it is closed. Snapshots
 * together hold at most half of the pool, so that readers can always get further connections.
 */
export function prepareSnapshot({ pool }: Pick<Store, 'pool'>): ReadSnapshot {
  const slots = slotsOf(pool)
  let opening: Promise<Opened & { end: () => Promise<void> }> | undefined
  return {
    open: () => (opening ??= begin(pool, slots)),
    async close() {
      const opened = await opening?.catch(() => undefined)
      await opened?.end()
    },
  }
}

async function begin(pool: pg.Pool, slots: Slots): Promise<Opened & { end: () => Promise<void> }> {
  await slots.take()
  let client: pg.PoolClient | undefined
  try {
    client = await pool.connect()
    // several statements in one message return as many results
    const results = (await client.query(BEGIN)) as unknown as pg.QueryResult<{ now: Date }>[]
    const now = results.at(-1)?.rows[0]?.now
    if (!now) throw new Error('the database returned no time')
    const held = client
    return { connection: inTurn(held), now: now.getTime(), end: () => end(held, slots) }
  } catch (error) {
    client?.release(true)
    slots.give()
    throw error
  }
}

/** Serializes statements on the connection, for readers that do not wait for each other. */
function inTurn(client: pg.PoolClient): Connection {
  const send = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>
  let last: Promise<unknown> = Promise.resolve()
  const query = (...args: unknown[]) => {
    const next = last.then(() => send(...args))
    last = next.catch(() => undefined)
    return next
  }
  return { query: query as Connection['query'] }
}

async function end(client: pg.PoolClient, slots: Slots): Promise<void> {
  try {
    await client.query('ROLLBACK')
    client.release()
  } catch {
    client.release(true)
  } finally {
    slots.give()
  }
}

/** A counting semaphore; waiters are served in order. */
class Slots {
  private readonly waiting: (() => void)[] = []

  constructor(private free: number) {}

  async take(): Promise<void> {
    if (this.free > 0) this.free--
    else await new Promise<void>((resolve) => this.waiting.push(resolve))
  }

  give(): void {
    const next = this.waiting.shift()
    if (next) next()
    else this.free++
  }
}

const slotsByPool = new WeakMap<pg.Pool, Slots>()

function slotsOf(pool: pg.Pool): Slots {
  const known = slotsByPool.get(pool)
  if (known) return known
  const slots = new Slots(Math.max(1, Math.floor(pool.options.max / 2)))
  slotsByPool.set(pool, slots)
  return slots
}

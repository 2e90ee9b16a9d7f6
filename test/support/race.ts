import { setInterval, setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import type { Commands } from '../../src/commands/kit/context.ts'
import { verifyRun } from '../../src/commands/run/verifyRun.ts'
import type { RunEvent } from '../../src/lifecycle/run/events.ts'
import type { Run } from '../../src/lifecycle/run/run.ts'
import { loadFullRun, type FullRun } from '../../src/store/run/loadFullRun.ts'
import { isThorough } from './thorough.ts'
import { tick } from '../../src/store/account/tick.ts'
import type { TestCommands } from './commands.ts'

/**
 * Repeats the body sequentially, so many times in a thorough run and a third of it in another; a failure names the
 * repetition.
 */
export async function repeat(most: number, body: (time: number) => Promise<void>): Promise<void> {
  const times = isThorough ? most : Math.ceil(most / 3)
  for (let time = 1; time <= times; time++) {
    try {
      await body(time)
    } catch (error) {
      throw new Error(`at repetition ${time} of ${times}`, { cause: error })
    }
  }
}

/**
 * Makes several concurrent calls, distributed over the servers in turn; returns the answers in the order of the calls.
 */
export function atOnce<T>(
  times: number,
  servers: readonly Commands[],
  call: (server: Commands, place: number) => Promise<T>,
): Promise<T[]> {
  return Promise.all(
    Array.from({ length: times }, (_, place) => {
      const server = servers[place % servers.length]
      if (!server) throw new Error('there is no server')
      return call(server, place)
    }),
  )
}

/** Reads the full run and verifies that it equals the fold of its log (G6); throws if it does not. */
export async function readProven(
  { store, commands, callers }: TestCommands,
  runId: string,
): Promise<FullRun> {
  const answer = await verifyRun(commands, callers.admin, runId)
  if (!answer.ok) throw new Error(answer.problem.message)
  if (!answer.consistent) throw new Error(answer.differences.map(({ detail }) => detail).join('; '))
  const whole = await loadFullRun(store.pool, store, runId)
  if (!whole) throw new Error(`run ${runId} is gone`)
  return whole
}

/** The number of events of a type in a log. */
export function countEvents(events: readonly RunEvent[], type: RunEvent['type']): number {
  return events.filter((event) => event.type === type).length
}

/** The executions of a run that have not ended. */
export function inFlight(run: Run): string[] {
  return run.executions.filter(({ end }) => end === null).map(({ id }) => id)
}

/** Locks the row of a run, as a slow writer would, until released. */
export async function holdRow(
  pool: pg.Pool,
  runId: string,
): Promise<pg.PoolClient & { letGo(): Promise<void> }> {
  const client = await pool.connect()
  await client.query('BEGIN')
  await client.query('SELECT FROM run WHERE id = $1 FOR UPDATE', [runId])
  return Object.assign(client, {
    async letGo() {
      await client.query('COMMIT')
      client.release()
    },
  })
}

/** A running server heartbeat. */
export interface Watch {
  end(): Promise<void>
}

/** Writes a server's heartbeat: without one, an expired lease is extended, because no server was up to renew it. */
export async function keepWatch(pool: pg.Pool): Promise<Watch> {
  await tick(pool)
  const ending = new AbortController()
  const ended = (async () => {
    for await (const _second of setInterval(1000, undefined, { signal: ending.signal })) await tick(pool)
  })().catch((error: Error) => {
    if (error.name !== 'AbortError') throw error
  })
  return {
    end() {
      ending.abort()
      return ended
    },
  }
}

/**
 * Waits until the given number of statements of this database wait for a lock. It asks outside any transaction: within
 * one, PostgreSQL keeps showing the sessions that were there at the first look, and never those that came later.
 */
export async function untilBlocked(pool: pg.Pool, statements: number): Promise<void> {
  const text = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
  await until(`${statements} statements wait for a lock`, async () => {
    const { rows } = await pool.query<{ n: number }>(text)
    return (rows[0]?.n ?? 0) >= statements
  })
}

/** Waits until the database's clock has passed the moment. */
export async function untilPassed(pool: pg.Pool, moment: number): Promise<void> {
  await until('the moment has passed', async () => {
    const { rows } = await pool.query<{ now: Date }>('SELECT clock_timestamp() AS now')
    return (rows[0]?.now.getTime() ?? 0) > moment
  })
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`)
    await delay(2)
  }
}

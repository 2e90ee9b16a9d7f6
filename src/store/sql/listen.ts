import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'

/** Where the listener reports what happens to its connection; a pino logger fits. */
export interface ListenLog {
  info(fields: object, event: string): void
  warn(fields: object, event: string): void
}

/** What a listener is opened with. */
export interface ListenOptions {
  readonly poolConfig: pg.PoolConfig
  /** Name of the channel, a plain identifier. */
  readonly channel: string
  /** Called with what another connection notified. */
  readonly onPayload: (payload: string) => void
  /** Called whenever it listens again after a break: whatever was notified meanwhile was missed. */
  readonly onReconnected: () => void
  /** How often the connection must prove that it answers, in milliseconds; no answer within that time ends it. */
  readonly checkMs: number
  readonly log: ListenLog
}

/** One connection that listens on a channel, and notifies on it. */
export interface Listener {
  /** False from the loss of the connection to the next one. */
  readonly listening: boolean
  /** Sends payloads of fewer than 8,000 bytes to every other listener. Rejects where there is no connection. */
  notify(payloads: readonly string[]): Promise<void>
  /** Ends the connection, and all tries to get another. */
  close(): Promise<void>
}

const FIRST_RETRY_MS = 50
const LAST_RETRY_MS = 5_000
const CONNECT_TIMEOUT_MS = 10_000

/**
 * Listens on a connection of its own, and gets another by itself when that one is lost, with a growing pause. A
 * connection that is open to nobody is found out by a question that it leaves unanswered.
 * Rejects where the first connection fails.
 */
export async function openListener(options: ListenOptions): Promise<Listener> {
  const { channel, checkMs, log } = options
  const closing = new AbortController()
  let line: Line | undefined = await connect(options, closing.signal)
  const kept = keep()

  async function keep(): Promise<void> {
    while (line) {
      await untilEnd(line, checkMs)
      line = undefined
      if (closing.signal.aborted) return
      log.warn({ channel }, 'signals.listen_failed')
      line = await reconnect()
      if (!line) return
      log.info({ channel }, 'signals.listen_started')
      options.onReconnected()
    }
  }

  async function reconnect(): Promise<Line | undefined> {
    for (let pause = FIRST_RETRY_MS; ; pause = Math.min(pause * 2, LAST_RETRY_MS)) {
      try {
        // servers that lost the same database do not come back to it all at once
        await delay(pause * (0.5 + Math.random()), undefined, { signal: closing.signal })
        return await connect(options, closing.signal)
      } catch (error) {
        if (closing.signal.aborted) return undefined
        log.warn({ channel, err: error }, 'signals.connect_failed')
      }
    }
  }

  return {
    get listening() {
      return line !== undefined
    },
    async notify(payloads) {
      if (!line) throw new Error('the connection for signals is lost')
      await line.client.query(NOTIFY, [channel, payloads])
    },
    async close() {
      closing.abort()
      await kept
    },
  }
}

const NOTIFY = 'SELECT pg_notify($1, payload) FROM unnest($2::text[]) payload'

/** A connection that listens, and its end. */
interface Line {
  readonly client: pg.Client
  readonly ended: Promise<void>
}

/** A connection that listens until `signal` aborts. What it notifies itself is not told: its own process knows. */
async function connect(
  { poolConfig, channel, onPayload }: ListenOptions,
  signal: AbortSignal,
): Promise<Line> {
  const client = new pg.Client({
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    ...poolConfig,
    application_name: 'pawl signals',
    keepAlive: true,
  })
  // a connection that breaks also ends, which is what is waited for
  client.on('error', () => undefined)
  const hangUp = () => client.connection.stream.destroy()
  const ended = new Promise<void>((resolve) => client.once('end', resolve)).then(() =>
    signal.removeEventListener('abort', hangUp),
  )
  signal.addEventListener('abort', hangUp)
  try {
    await client.connect()
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    client.on('notification', ({ processId, payload }) => {
      if (processId !== rows[0]?.pid) onPayload(payload ?? '')
    })
    await client.query(`LISTEN ${channel}`)
    signal.throwIfAborted()
    return { client, ended }
  } catch (error) {
    hangUp()
    await ended
    throw error
  }
}

/** Resolves when the connection is over; asks it from time to time whether it still answers. */
async function untilEnd({ client, ended }: Line, checkMs: number): Promise<void> {
  const check = setInterval(() => {
    const overdue = setTimeout(() => client.connection.stream.destroy(), checkMs / 2)
    client
      .query('SELECT 1')
      .catch(() => undefined)
      .finally(() => clearTimeout(overdue))
  }, checkMs)
  await ended
  clearInterval(check)
}

import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { SIGNALS_SESSION } from './serverSessions.ts'

/** Where the listener reports the state of its connection; a pino logger fits. */
export interface ListenLog {
  info(fields: object, event: string): void
  warn(fields: object, event: string): void
}

/** Options of `openListener`. */
export interface ListenOptions {
  readonly poolConfig: pg.PoolConfig
  /** Name of the channel, a plain identifier. */
  readonly channel: string
  /** Called with each payload notified by another connection. */
  readonly onPayload: (payload: string) => void
  /** Called when the connection is lost. */
  readonly onLost: () => void
  /** Called when it listens again after an interruption: notifications in between were missed. */
  readonly onReconnected: () => void
  /** How often the connection must prove that it responds, in milliseconds; no response within half of that ends it. */
  readonly checkMs: number
  readonly log: ListenLog
}

/** A connection that listens on a channel and notifies on it. */
export interface Listener {
  /** False from the loss of the connection until it is replaced. */
  readonly listening: boolean
  /** Sends payloads of fewer than 8,000 bytes to every other listener. Rejects while disconnected. */
  notify(payloads: readonly string[]): Promise<void>
  /** Ends the connection and all attempts to reconnect. */
  close(): Promise<void>
}

const FIRST_RETRY_MS = 50
const LAST_RETRY_MS = 5_000
const CONNECT_TIMEOUT_MS = 10_000

/**
 * Listens on a separate connection and reconnects with increasing delay when it is lost. Periodic queries detect a
 * connection that is open but dead. Rejects if the first connection fails.
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
      options.onLost()
      line = await reconnect()
      if (!line) return
      log.info({ channel }, 'signals.listen_started')
      options.onReconnected()
    }
  }

  async function reconnect(): Promise<Line | undefined> {
    for (let pause = FIRST_RETRY_MS; ; pause = Math.min(pause * 2, LAST_RETRY_MS)) {
      try {
        // jitter: servers that lost the same database do not all reconnect at once
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

/** A listening connection, and its end. */
interface Line {
  readonly client: pg.Client
  readonly ended: Promise<void>
}

/**
 * Opens a connection that listens until `signal` aborts. Its own notifications are not delivered: its process knows
 * them.
 */
async function connect(
  { poolConfig, channel, onPayload }: ListenOptions,
  signal: AbortSignal,
): Promise<Line> {
  const client = new pg.Client({
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    ...poolConfig,
    application_name: SIGNALS_SESSION,
    keepAlive: true,
  })
  // a connection that breaks also ends, and the end is what is awaited
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

/** Resolves when the connection ends; periodically checks that it still responds. */
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

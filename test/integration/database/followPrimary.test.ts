import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client, Pool } from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { listPostgresProcesses } from '../../../src/database/embedded/inspectProcess.ts'
import { openGiven } from '../../../src/database/given/openGiven.ts'
import { findTransientFault } from '../../../src/store/sql/transientFaults.ts'
import { findPostgres15, startOnPort, startStandby } from './postgres15.ts'
import type { Postgres15 } from './postgres15.ts'

/** A primary and a standby that follows it. */
interface Pair {
  readonly primary: Postgres15
  readonly standby: Postgres15
  /** An address with both, the standby first. */
  readonly databaseUrl: string
}

async function startPair(): Promise<Pair> {
  const [one, two] = [await findFreePort(), await findFreePort()]
  const primary = await startOnPort(one)
  onTestFinished(() => primary.close())
  const standby = await startStandby(one, two)
  onTestFinished(() => standby.close())
  const hosts = `127.0.0.1:${two},127.0.0.1:${one}`
  const databaseUrl = `postgresql://other@${hosts}/postgres?target_session_attrs=read-write`
  return { primary, standby, databaseUrl }
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** A log that keeps the reasons of its warnings. */
function collectWarnings() {
  const reasons: string[] = []
  const warn = (fields: object) => void reasons.push(String((fields as { reason?: unknown }).reason))
  return { reasons, log: { info: () => undefined, warn, error: () => undefined } }
}

async function send(server: Postgres15, ...statements: string[]): Promise<void> {
  const client = new Client(server.poolConfig)
  await client.connect()
  for (const statement of statements) await client.query(statement)
  await client.end()
}

/** Sends to every process of a server, as to a machine. */
async function signal(server: Postgres15, name: NodeJS.Signals): Promise<void> {
  for (const pid of await listPostgresProcesses(server.cluster)) process.kill(pid, name)
}

const promote = ({ cluster }: Postgres15) =>
  promisify(execFile)('runuser', [
    '-u',
    'postgres',
    '--',
    join(findPostgres15() ?? '', 'pg_ctl'),
    'promote',
    '-D',
    cluster,
  ])

/** Asks until an answer comes, as callers do after a fault that a retry resolves. */
async function findPort(pool: Pool): Promise<number> {
  for (;;) {
    try {
      const { rows } = await pool.query<{ port: number }>(
        `SELECT inet_server_port() AS port, txid_current() AS written`,
      )
      return rows[0]?.port ?? 0
    } catch (error) {
      expect(findTransientFault(error)).toBe('AWAY')
    }
  }
}

describe.skipIf(findPostgres15() === undefined || process.getuid?.() !== 0)(
  'an address with several hosts',
  () => {
    test('leads to the primary, and to the standby once that was promoted', async () => {
      const { primary, standby, databaseUrl } = await startPair()
      const pool = new Pool((await openGiven({ databaseUrl })).poolConfig)
      pool.on('error', () => undefined)
      onTestFinished(() => pool.end())
      expect(await findPort(pool)).toBe(primary.poolConfig.port)
      process.kill(primary.pid, 'SIGQUIT')
      await promote(standby)
      expect(await findPort(pool)).toBe(standby.poolConfig.port)
    })

    test('never leads back to a primary that was frozen and does not know that it was replaced', async () => {
      const { primary, standby, databaseUrl } = await startPair()
      const pool = new Pool({
        ...(await openGiven({ databaseUrl })).poolConfig,
        connectionTimeoutMillis: 10_000,
      })
      pool.on('error', () => undefined)
      onTestFinished(() => pool.end())
      expect(await findPort(pool)).toBe(primary.poolConfig.port)
      await signal(primary, 'SIGSTOP')
      // waits for the frozen one until it is known that there is another
      const waiting = pool.query('SELECT txid_current()')
      const broken = expect(waiting).rejects.toSatisfy((error) => findTransientFault(error) === 'AWAY')
      await promote(standby)
      await broken
      await signal(primary, 'SIGCONT')
      const asked = Array.from({ length: 20 }, () => findPort(pool))
      expect(new Set(await Promise.all(asked))).toEqual(new Set([standby.poolConfig.port]))
    })

    test('is refused with the reason where no host is a primary', async () => {
      const databaseUrl = 'postgresql://other@127.0.0.1:1,127.0.0.1:2/postgres'
      await expect(openGiven({ databaseUrl })).rejects.toMatchObject({
        code: 'DATABASE_UNREACHABLE',
        message: expect.stringMatching(/127\.0\.0\.1:1, 127\.0\.0\.1:2.*ECONNREFUSED.*ECONNREFUSED/),
      })
    })
  },
)

describe.skipIf(findPostgres15() === undefined)('what may be lost is told at the start', () => {
  test('where replication is asynchronous, until it is synchronous', async () => {
    const { primary, databaseUrl } = await startPair()
    const asynchronous = collectWarnings()
    await openGiven({ databaseUrl }, asynchronous.log)
    expect(asynchronous.reasons.join('\n')).toMatch(/Replication is asynchronous.*synchronous_standby_names/)

    await send(primary, `ALTER SYSTEM SET synchronous_standby_names = '*'`, 'SELECT pg_reload_conf()')
    const synchronous = collectWarnings()
    await openGiven({ databaseUrl }, synchronous.log)
    expect(synchronous.reasons).toEqual([expect.stringMatching(/^fsync is off/)])
  })

  test('where settings of the database acknowledge too early', async () => {
    const { primary, databaseUrl } = await startPair()
    await send(
      primary,
      `ALTER SYSTEM SET synchronous_standby_names = '*'`,
      'SELECT pg_reload_conf()',
      `ALTER DATABASE postgres SET synchronous_commit = 'local'`,
      `ALTER DATABASE postgres SET statement_timeout = '5s'`,
    )
    const { reasons, log } = collectWarnings()
    await openGiven({ databaseUrl }, log)
    expect(reasons).toEqual([
      expect.stringMatching(/^fsync is off/),
      expect.stringMatching(/^synchronous_commit is local/),
      expect.stringMatching(/^statement_timeout is 5s/),
    ])
  })
})

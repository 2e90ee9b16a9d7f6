import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chown, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { PoolConfig } from 'pg'
import { onTestFinished } from 'vitest'
import { chooseRunUser } from '../../../src/database/embedded/runUser.ts'
import { makeFolder } from './databaseHarness.ts'
import { startChild } from '../../support/startChild.ts'

/** The program: Debian's, or the one of another version that `PGBOUNCER_PATH` names. */
const program = process.env['PGBOUNCER_PATH'] ?? 'pgbouncer'

const asked = spawnSync(program, ['--version'], { encoding: 'utf8' })
const [, major = 0, minor = 0] = /PgBouncer (\d+)\.(\d+)/.exec(asked.stdout ?? '') ?? []

export const hasPgbouncer = asked.status === 0
/** Whether this version keeps prepared statements by their names, which it does by default from 1.24 on. */
export const pgbouncerKeepsNames = Number(major) > 1 || Number(minor) >= 24

/** A running PgBouncer. */
export interface Pgbouncer {
  /** The `DATABASE_URL` that leads through it. */
  readonly databaseUrl: string
  /** Kills it, and starts another in its place. */
  restart(): Promise<void>
}

/**
 * Starts one before a PostgreSQL, on a unix socket, until the test ends.
 *
 * @param mode its `pool_mode`
 * @param settings more lines of its configuration
 */
export async function startPgbouncer(
  { host, port, user, password, database = 'postgres' }: PoolConfig,
  mode: string,
  settings: readonly string[] = [],
): Promise<Pgbouncer> {
  const folder = await makeFolder()
  const runUser = await chooseRunUser([folder])
  if (runUser) await chown(folder, runUser.uid, runUser.gid)
  const config = join(folder, 'pgbouncer.ini')
  const secret = typeof password === 'string' ? ` password=${password}` : ''
  await writeFile(
    config,
    `[databases]
${database} = host=${host} port=${port} user=${user}${secret}
[pgbouncer]
listen_addr =
unix_socket_dir = ${folder}
listen_port = 6432
auth_type = any
pool_mode = ${mode}
${settings.join('\n')}
`,
  )
  const start = async () => {
    const child = startChild(program, [config], { stdio: 'ignore', ...runUser })
    const ended = once(child, 'exit')
    while (!(await answers(join(folder, '.s.PGSQL.6432')))) {
      if (child.exitCode !== null) throw new Error(`PgBouncer ended with ${child.exitCode}`)
      await delay(10)
    }
    return async () => {
      child.kill('SIGKILL')
      await ended
    }
  }
  let kill = await start()
  onTestFinished(() => kill())
  return {
    databaseUrl: `postgresql://${user}@localhost:6432/${database}?host=${encodeURIComponent(folder)}`,
    async restart() {
      await kill()
      kill = await start()
    },
  }
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath)
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chown, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { chooseRunUser } from '../../../src/database/embedded/runUser.ts'
import { makeFolder } from './databaseHarness.ts'
import type { Postgres15 } from './postgres15.ts'
import { startChild } from '../../support/startChild.ts'

export const hasPgbouncer = spawnSync('pgbouncer', ['--version']).status === 0

/** Starts one before a PostgreSQL, on a unix socket, until the test ends; returns the `DATABASE_URL` that leads through it. */
export async function startPgbouncer({ poolConfig }: Postgres15, mode: string): Promise<string> {
  const folder = await makeFolder()
  const user = await chooseRunUser([folder])
  if (user) await chown(folder, user.uid, user.gid)
  const config = join(folder, 'pgbouncer.ini')
  await writeFile(
    config,
    `[databases]
postgres = host=${poolConfig.host} port=${poolConfig.port} user=${String(poolConfig.user)}
[pgbouncer]
listen_addr =
unix_socket_dir = ${folder}
listen_port = 6432
auth_type = any
pool_mode = ${mode}
`,
  )
  const child = startChild('pgbouncer', [config], { stdio: 'ignore', ...user })
  const ended = once(child, 'exit')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  while (!existsSync(join(folder, '.s.PGSQL.6432'))) {
    if (child.exitCode !== null) throw new Error(`PgBouncer ended with ${child.exitCode}`)
    await delay(10)
  }
  return `postgresql://other@localhost:6432/postgres?host=${encodeURIComponent(folder)}`
}

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { PoolConfig } from 'pg'
import { readPostmasterFile } from '../../../src/database/embedded/postmasterFile.ts'
import { chooseRunUser } from '../../../src/database/embedded/runUser.ts'

/** A PostgreSQL of another major version, as a user of `DATABASE_URL` may have. */
export interface Postgres15 {
  poolConfig: PoolConfig
  databaseUrl: string
  close(): Promise<void>
}

/** The folder of Debian's PostgreSQL 15 programs; undefined where they are not installed. */
export function findPostgres15(): string | undefined {
  const folder = '/usr/lib/postgresql/15/bin'
  return existsSync(join(folder, 'postgres')) ? folder : undefined
}

/** Starts one in a temporary directory, on a unix socket, open to whoever reaches that. */
export async function startPostgres15(): Promise<Postgres15> {
  const bin = findPostgres15() ?? ''
  const folder = await mkdtemp(join(tmpdir(), 'pawl-pg15-'))
  const user = await chooseRunUser([folder])
  if (user) await chown(folder, user.uid, user.gid)
  const cluster = join(folder, 'cluster')
  await promisify(execFile)(
    join(bin, 'initdb'),
    ['-D', cluster, '-U', 'other', '-A', 'trust', '-N', '-E', 'UTF8'],
    {
      cwd: folder,
      ...user,
    },
  )
  const child = spawn(
    join(bin, 'postgres'),
    ['-D', cluster, '-k', folder, '-c', 'listen_addresses=', '-c', 'port=5432', '-c', 'fsync=off'],
    { cwd: folder, stdio: 'ignore', ...user },
  )
  const ended = once(child, 'exit')
  while ((await readPostmasterFile(cluster))?.status !== 'ready') {
    if (child.exitCode !== null) throw new Error('PostgreSQL 15 did not start')
    await delay(10)
  }
  return {
    poolConfig: { host: folder, port: 5432, user: 'other', database: 'postgres' },
    databaseUrl: `postgresql://other@localhost/postgres?host=${encodeURIComponent(folder)}`,
    close: async () => {
      child.kill('SIGINT')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

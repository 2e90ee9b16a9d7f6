import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdtemp, rename, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { PoolConfig } from 'pg'
import { readPostmasterFile } from '../../../src/database/embedded/postmasterFile.ts'
import { chooseRunUser } from '../../../src/database/embedded/runUser.ts'
import { startChild } from '../../support/startChild.ts'

/** A PostgreSQL of another major version, as a user of `DATABASE_URL` may have. */
export interface Postgres15 {
  poolConfig: PoolConfig
  databaseUrl: string
  /** Its data directory. */
  cluster: string
  /** Its postmaster. */
  readonly pid: number
  /** Copies its files while it runs. */
  backUp(): Promise<void>
  /** Stops it, puts the copied files in the place of the present ones, and starts it again. */
  restore(): Promise<void>
  close(): Promise<void>
}

/** The folder of Debian's PostgreSQL 15 programs; undefined where they are not installed. */
export function findPostgres15(): string | undefined {
  const folder = '/usr/lib/postgresql/15/bin'
  return existsSync(join(folder, 'postgres')) ? folder : undefined
}

/** Starts one in a temporary directory, on a unix socket, open to whoever reaches that. */
export async function startPostgres15(): Promise<Postgres15> {
  return launch(['initdb', '-U', 'other', '-A', 'trust', '-N', '-E', 'UTF8'], [])
}

/** As `startPostgres15`, also on a port of the loopback interface, which replication and lists of hosts need. */
export async function startOnPort(port: number): Promise<Postgres15> {
  const onPort = ['-c', 'listen_addresses=127.0.0.1', '-c', `port=${port}`]
  return launch(['initdb', '-U', 'other', '-A', 'trust', '-N', '-E', 'UTF8'], onPort)
}

/** Starts a standby of one on a port, on another port. */
export async function startStandby(primaryPort: number, port: number): Promise<Postgres15> {
  const copy = ['pg_basebackup', '-h', '127.0.0.1', '-p', `${primaryPort}`, '-U', 'other', '-R', '-c', 'fast']
  return launch(copy, ['-c', 'listen_addresses=127.0.0.1', '-c', `port=${port}`])
}

/** @param make the program that makes the data directory, without its `-D` */
async function launch([make = '', ...args]: readonly string[], more: readonly string[]): Promise<Postgres15> {
  const bin = findPostgres15() ?? ''
  const folder = await mkdtemp(join(tmpdir(), 'pawl-pg15-'))
  const user = await chooseRunUser([folder])
  if (user) await chown(folder, user.uid, user.gid)
  const cluster = join(folder, 'cluster')
  await promisify(execFile)(join(bin, make), ['-D', cluster, ...args], { cwd: folder, ...user })
  const start = async () => {
    const child = startChild(
      join(bin, 'postgres'),
      ['-D', cluster, '-k', folder, '-c', 'listen_addresses=', '-c', 'port=5432', '-c', 'fsync=off', ...more],
      { cwd: folder, stdio: 'ignore', ...user },
    )
    const ended = once(child, 'exit')
    while (!['ready', 'standby'].includes((await readPostmasterFile(cluster))?.status ?? '')) {
      if (child.exitCode !== null) throw new Error('PostgreSQL 15 did not start')
      await delay(10)
    }
    const stop = async () => {
      child.kill('SIGCONT')
      child.kill('SIGINT')
      await ended
    }
    return { child, stop }
  }
  let running = await start()
  const backup = join(folder, 'backup')
  const port = more.join(' ').match(/port=(\d+)/)?.[1] ?? '5432'
  return {
    poolConfig: { host: folder, port: Number(port), user: 'other', database: 'postgres' },
    databaseUrl: `postgresql://other@localhost:${port}/postgres?host=${encodeURIComponent(folder)}`,
    cluster,
    get pid() {
      return Number(running.child.pid)
    },
    async backUp() {
      const args = ['-h', folder, '-p', port, '-U', 'other', '-c', 'fast', '-D', backup]
      await promisify(execFile)(join(bin, 'pg_basebackup'), args, { cwd: folder, ...user })
    },
    async restore() {
      await running.stop()
      await rm(cluster, { recursive: true })
      await rename(backup, cluster)
      running = await start()
    },
    close: async () => {
      await running.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

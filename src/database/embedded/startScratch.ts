import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PoolConfig } from 'pg'
import { silentLog } from '../kit/databaseLog.ts'
import { lockDataDir } from '../kit/lockDataDir.ts'
import { connectEmbedded } from './connectEmbedded.ts'
import { initCluster, readPassword } from './initCluster.ts'
import { listPostgresProcesses } from './inspectProcess.ts'
import { choosePlace } from './place.ts'
import { startPostgres } from './startPostgres.ts'
import type { PostgresSettings } from './startPostgres.ts'
import { sendSignal, stopPostgres } from './stopPostgres.ts'

/** A temporary PostgreSQL. */
export interface ScratchPostgres {
  /** For a `pg.Pool`, as superuser. */
  poolConfig: PoolConfig
  /** Stops it and removes its files. */
  close(): Promise<void>
}

const prefix = 'pawl-scratch-'
const youngMilliseconds = 60_000

/**
 * Starts a PostgreSQL in a temporary directory, for tests and for checks of the schema. Removes what killed processes
 * left of earlier ones.
 *
 * @param options.durable true keeps every sync to disk; false (the default) is faster and loses data on a power failure
 * @param options.settings additional PostgreSQL settings
 */
export async function startScratch(
  options: { durable?: boolean; settings?: PostgresSettings } = {},
): Promise<ScratchPostgres> {
  const durable = options.durable ?? false
  await removeAbandoned()
  const folder = await mkdtemp(join(tmpdir(), prefix))
  const lock = await lockDataDir(folder, silentLog)
  const place = await choosePlace(folder)
  await initCluster(place, durable)
  const fast = durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }
  const postmaster = await startPostgres(place, { ...fast, ...options.settings })
  return {
    poolConfig: connectEmbedded(postmaster, await readPassword(place.cluster)),
    close: async () => {
      await stopPostgres(place, postmaster.pid)
      await rm(folder, { recursive: true, force: true })
      lock.release()
    },
  }
}

async function removeAbandoned(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(prefix))
  await Promise.all(names.map((name) => removeIfAbandoned(join(tmpdir(), name)).catch(() => undefined)))
}

/** A folder whose lock is free has lost its owner, unless it is so new that the owner is about to lock it. */
async function removeIfAbandoned(folder: string): Promise<void> {
  if (Date.now() - (await stat(folder)).mtimeMs < youngMilliseconds) return
  const lock = await lockDataDir(folder, silentLog)
  try {
    for (const pid of await listPostgresProcesses(join(folder, 'database', 'cluster')))
      sendSignal(pid, 'SIGKILL')
    await rm(folder, { recursive: true, force: true, maxRetries: 10 })
  } finally {
    lock.release()
  }
}

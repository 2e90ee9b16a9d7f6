import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PoolConfig } from 'pg'
import { connectEmbedded } from './connectEmbedded.ts'
import { initCluster, readPassword } from './initCluster.ts'
import { choosePlace } from './place.ts'
import { startPostgres } from './startPostgres.ts'
import type { PostgresSettings } from './startPostgres.ts'
import { stopPostgres } from './stopPostgres.ts'

/** A PostgreSQL that is thrown away. */
export interface ScratchPostgres {
  /** For a `pg.Pool`, as superuser. */
  poolConfig: PoolConfig
  /** Stops it and removes its files. */
  close(): Promise<void>
}

/**
 * Starts a PostgreSQL in a temporary directory, for tests and for checks of the schema.
 *
 * @param options.durable true keeps every sync to disk; false (the default) is faster and loses data on a power cut
 * @param options.settings more of PostgreSQL's settings
 */
export async function startScratch(
  options: { durable?: boolean; settings?: PostgresSettings } = {},
): Promise<ScratchPostgres> {
  const durable = options.durable ?? false
  const folder = await mkdtemp(join(tmpdir(), 'pawl-scratch-'))
  const place = await choosePlace(folder)
  await initCluster(place, durable)
  const fast = durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }
  const postmaster = await startPostgres(place, { ...fast, ...options.settings })
  return {
    poolConfig: connectEmbedded(postmaster, await readPassword(place.cluster)),
    close: async () => {
      await stopPostgres(place, postmaster.pid)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

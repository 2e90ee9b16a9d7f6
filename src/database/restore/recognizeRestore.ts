import type { Client, PoolConfig } from 'pg'
import type { DatabaseLog } from '../kit/databaseLog.ts'
import { inPatientTransaction } from '../kit/patientTransaction.ts'
import { applyRestore, renewTransactionIds } from './applyRestore.ts'
import { readSeen } from './seen.ts'

/** Options of {@link recognizeRestore}. */
export interface RecognizeOptions {
  /** A migrated database, by a session of its own. */
  readonly poolConfig: PoolConfig
  /** The data directory of the server that starts. */
  readonly dataDir: string
  readonly log: DatabaseLog
  /** Whether a person said that the database was restored; default: false. */
  readonly isTold?: boolean
}

interface Found {
  readonly id: string
  readonly beat: number
  readonly cluster: string | null
}

/**
 * Recognizes a database that was restored from a backup since servers last worked on it, and invalidates what may have been given out in the
 * time that it has lost. It was, if this server remembers a later heartbeat than it holds, or if it is a copy in another cluster or database.
 * A standby that took over without loss is in the same cluster and holds every heartbeat that was acknowledged.
 *
 * @returns whether it was
 */
export async function recognizeRestore(options: RecognizeOptions): Promise<boolean> {
  const { poolConfig, dataDir, log, isTold = false } = options
  const seen = await readSeen(dataDir)
  return inPatientTransaction(poolConfig, 'BEGIN', async (client) => {
    // servers that start at the same time do this one after the other
    const { rows } = await client.query<Found>('SELECT id, beat, cluster FROM installation FOR UPDATE')
    const [found] = rows
    if (!found) throw new Error('the database lost its installation row')
    const cluster = await identify(client)
    const held = found.beat
    const remembered = seen?.installation === found.id ? seen.beat : undefined
    const isRewound = remembered !== undefined && remembered > held
    const isCopy = found.cluster !== null && found.cluster !== cluster
    if (isCopy) await renewTransactionIds(client)
    if (isTold || isRewound || isCopy) {
      const leases = await applyRestore(client, { cluster, beat: Math.max(held, remembered ?? 0) })
      const reason = isTold ? 'a person said so' : isRewound ? 'it lacks what was written' : 'it is a copy'
      log.warn({ reason, leases }, 'database.restore_completed')
      return true
    }
    if (found.cluster !== cluster) await client.query('UPDATE installation SET cluster = $1', [cluster])
    return false
  })
}

/** The cluster and the database in it: another one after `pg_restore` into a new database, the same for a standby or a copy of the files. */
async function identify(client: Client): Promise<string> {
  const { rows } = await client.query<{ identity: string }>(
    `SELECT system_identifier || '/' || (SELECT oid FROM pg_database WHERE datname = current_database()) AS identity FROM pg_control_system()`,
  )
  return rows[0]?.identity ?? ''
}

import type { Client } from 'pg'

const oldestVersion = 140_000

interface Facts {
  readonly version: number
  readonly isReplica: boolean
  readonly isReadOnly: boolean
  readonly encoding: string
}

/** Why a PostgreSQL can't keep what Pawl writes, to follow its name in a message; undefined if it can. */
export async function findUnfitness(client: Client): Promise<string | undefined> {
  const { rows } = await client.query<Facts>(
    `SELECT current_setting('server_version_num')::int AS version, pg_is_in_recovery() AS "isReplica",
      current_setting('transaction_read_only')::boolean AS "isReadOnly", current_setting('server_encoding') AS encoding`,
  )
  const { version = 0, isReplica = false, isReadOnly = false, encoding = '' } = rows[0] ?? {}
  if (version < oldestVersion)
    return 'is older than 14. Upgrade it, or unset DATABASE_URL to use the embedded one.'
  if (isReplica) return 'is a read-only replica. Name the primary.'
  if (isReadOnly) {
    return (
      'is read-only for this user (default_transaction_read_only is on). Turn that off (ALTER DATABASE … RESET ' +
      'default_transaction_read_only, the same of the role, PGOPTIONS), or name another database.'
    )
  }
  if (encoding !== 'UTF8') {
    return (
      `holds a database in ${encoding}, which can't keep every text. Make one in UTF-8 (CREATE DATABASE pawl ` +
      'ENCODING UTF8 TEMPLATE template0), and name that.'
    )
  }
  return undefined
}

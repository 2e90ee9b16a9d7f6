import type { Client } from 'pg'

/** More than servers that remember later heartbeats than the one that recognizes a restore can be ahead of it. */
const beatMargin = 1_000_000

/** A new secret ends what was signed and sealed with the old one: AGENT tokens, pages' tokens, sign-ins, cursors of feeds and lists. */
const installation = `
UPDATE installation SET restored_at = clock_timestamp(), cluster = $1, beat = $2::float8 + ${beatMargin}, tick_at = clock_timestamp(),
  secret = replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')`

/** Owners of before can't be told from those of the lost time, so none of them keeps its lease. */
const leases = `UPDATE run SET lease_expires_at = clock_timestamp() WHERE lease_expires_at > clock_timestamp()`

/**
 * Invalidates what may have been given out in the time that a restored database has lost.
 *
 * @returns how many leases were ended
 */
export async function applyRestore(
  client: Client,
  { cluster, beat }: { readonly cluster: string; readonly beat: number },
): Promise<number> {
  await client.query(installation, [cluster, beat])
  const { rowCount } = await client.query(leases)
  return rowCount ?? 0
}

/**
 * Gives rows that a transaction of another cluster wrote the id of this transaction: a copy's own ids may be lower, and the feed would show
 * those rows as changed for ever. The owner of the tables may suspend their triggers, which refuse any change of an event.
 */
export async function renewTransactionIds(client: Client): Promise<void> {
  for (const table of ['event', 'tombstone']) {
    await client.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`)
    await client.query(
      `UPDATE ${table} SET xid = pg_current_xact_id() WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())`,
    )
    await client.query(`ALTER TABLE ${table} ENABLE TRIGGER USER`)
  }
}

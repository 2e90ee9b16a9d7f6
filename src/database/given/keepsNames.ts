import { randomBytes } from 'node:crypto'
import type { Client } from 'pg'
import { type Address, withConnection } from './address.ts'
import { pidOf } from './findPooler.ts'

/** The most connections that are held open to make the pooler use another session. */
const maxHolders = 12
const limits = { query_timeout: 2_000 }

/**
 * Whether a pooler that shares sessions keeps prepared statements by their names (PgBouncer from 1.21 on, with `max_prepared_statements`): a
 * statement is prepared in one session, and has to be executed by another, to which the pooler is driven by transactions that occupy
 * sessions. False where that could not be brought about: statements without names work everywhere.
 */
export async function keepsNames(address: Address): Promise<boolean> {
  const statement = {
    name: `pawl_probe_${randomBytes(8).toString('hex')}`,
    text: 'SELECT pg_backend_pid() AS pid',
  }
  const execute = async (client: Client) =>
    (await client.query<{ pid: number }>({ ...statement, values: [] })).rows[0]?.pid

  async function isKeptElsewhere(
    client: Client,
    preparedIn: number | undefined,
    holders: number,
  ): Promise<boolean> {
    if ((await execute(client)) !== preparedIn) return true
    if (holders === maxHolders) return false
    return withConnection(
      address,
      async (holder) => {
        await holder.query('BEGIN')
        await pidOf(holder)
        return isKeptElsewhere(client, preparedIn, holders + 1)
      },
      limits,
    )
  }

  try {
    return await withConnection(
      address,
      async (client) => isKeptElsewhere(client, await execute(client), 0),
      limits,
    )
  } catch {
    return false
  }
}

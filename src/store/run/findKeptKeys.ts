import type { KeptKey } from '../../lifecycle/log/draft.ts'
import { type Connection, int, prepare, query } from '../sql/statement.ts'
import { KEPT_ROW, selectKept, toKept } from './storedKey.ts'

/** The name of a key, as a request gives it. */
interface KeyName {
  readonly operation: string
  readonly key: string
}

const FIND_KEPT_KEYS = prepare({
  name: 'find-kept-keys',
  row: { place: int, ...KEPT_ROW },
  text: `
SELECT l.place, kept.*
FROM jsonb_to_recordset($2::jsonb) AS l(place int, operation text, key text)
CROSS JOIN LATERAL (${selectKept({ scope: '$1', operation: 'l.operation', key: 'l.key' })}) kept`,
})

/** Finds what is stored under several keys of a scope, each with the key that was given; those that are new are left out. */
export async function findKeptKeys<K extends KeyName>(
  connection: Connection,
  scope: string,
  keys: readonly K[],
): Promise<{ readonly key: K; readonly kept: KeptKey | null }[]> {
  const asked = keys.map(({ operation, key }, place) => ({ place, operation, key }))
  const rows = await query(connection, FIND_KEPT_KEYS, [scope, JSON.stringify(asked)])
  return rows.flatMap((row) => {
    const key = keys[row.place]
    return key ? [{ key, kept: toKept(row) }] : []
  })
}

import { column, type Connection, prepare, query } from '../../sql/statement.ts'

const FIND_CHAIN_HOLDER = prepare({
  name: 'find-chain-holder',
  row: {
    id: column('run', 'id'),
  },
  text: `SELECT id FROM run WHERE chain_id = $1 AND (settled_at IS NULL OR lease_owner IS NOT NULL)`,
})

/** The id of the run of a chain that is active or still has an owner; null if there is none. */
export async function findChainHolder(connection: Connection, chainId: string): Promise<string | null> {
  const [row] = await query(connection, FIND_CHAIN_HOLDER, [chainId])
  return row?.id ?? null
}

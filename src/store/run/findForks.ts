import { present, column, type Connection, prepare, query } from '../sql/statement.ts'

/** Only a fork begins a chain of its own although it continues another run. */
const FIND_FORKS = prepare({
  name: 'find-forks',
  row: {
    runId: column('run', 'id'),
    continuesId: present(column('run', 'continues_id')),
  },
  text: `
SELECT id AS "runId", continues_id AS "continuesId" FROM run
WHERE id = ANY($1::text[]) AND continues_id IS NOT NULL AND chain_id = id ORDER BY id`,
})

/** Those of the runs that continue another one beside the chain that goes on from there. */
export function findForks(
  connection: Connection,
  runIds: readonly string[],
): Promise<{ readonly runId: string; readonly continuesId: string }[]> {
  return query(connection, FIND_FORKS, [runIds])
}

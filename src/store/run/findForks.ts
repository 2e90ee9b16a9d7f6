import { present, column, type Connection, prepare, query } from '../sql/statement.ts'

/** Only a fork starts a separate chain although it continues another run. */
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

/** Those of the runs that are forks: they continue another run outside its chain. */
export function findForks(
  connection: Connection,
  runIds: readonly string[],
): Promise<{ readonly runId: string; readonly continuesId: string }[]> {
  return query(connection, FIND_FORKS, [runIds])
}

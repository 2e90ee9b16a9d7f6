import type { Artifact, Session } from '../../lifecycle/run/run.ts'
import { ARTIFACT_JSON, SESSION_JSON } from '../rows/selectWork.ts'
import { groupByOwner } from '../sql/groupByOwner.ts'
import { type Connection, json, prepare, query, text } from '../sql/statement.ts'

/** Maximum number of rows in a list without pages: the latest ones. */
const MAX_ROWS = 500

/** How rows are listed by the row that owns them. */
interface Listed {
  /** Name of the statement. */
  readonly name: string
  /** The table with the alias that `json` uses: `artifact f`. */
  readonly table: `${string} ${string}`
  /** Columns of a row as JSON. */
  readonly json: string
  /** The column with the id of the owning row. */
  readonly owner: string
}

/** Prepares a statement that lists the latest rows of several owners at once, oldest first. */
function prepareByOwner<Row>({ name, table, json: columns, owner }: Listed) {
  const [, alias] = table.split(' ')
  const statement = prepare({
    name,
    row: { owner: text, row: json<Row>() },
    text: `
SELECT of.owner, listed.row FROM unnest($1::text[]) AS of(owner)
CROSS JOIN LATERAL (
  SELECT ${columns} AS row, ${alias}.created_at, ${alias}.id FROM ${table}
  WHERE ${alias}.${owner} = of.owner ORDER BY ${alias}.created_at DESC, ${alias}.id DESC LIMIT ${MAX_ROWS}
) listed
ORDER BY listed.created_at, listed.id`,
  })
  return async (connection: Connection, ids: readonly string[]): Promise<Map<string, Row[]>> => {
    const rows = await query(connection, statement, [ids])
    return groupByOwner(rows.map(({ owner: id, row }) => [id, row]))
  }
}

/** The artifacts of phases, by phase, including those of earlier attempts. */
export const listArtifactsOfPhases = prepareByOwner<Artifact>({
  name: 'list-artifacts-of-phases',
  table: 'artifact f',
  json: ARTIFACT_JSON,
  owner: 'phase_id',
})

/** The sessions of runs, by run, including disposed ones. */
export const listSessionsOfRuns = prepareByOwner<Session>({
  name: 'list-sessions-of-runs',
  table: 'session s',
  json: SESSION_JSON,
  owner: 'run_id',
})

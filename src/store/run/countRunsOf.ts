import { type Connection, int, prepare, present, query, text } from '../sql/statement.ts'
import type { Visibility } from './runFilter.ts'
import { type RunsOf, runsOf } from './runsOf.ts'

/** Prepares the counting of the runs that belong to each of several owners and that a reader may see. */
function prepareCount(of: RunsOf) {
  const { from, owner, and } = runsOf(of, '$2', '$3')
  const statement = prepare({
    name: `count-runs-of-${of}`,
    row: { id: present(text), count: int },
    text: `SELECT ${owner} AS id, count(*)::int AS count FROM ${from} WHERE ${owner} = ANY($1::text[]) AND ${and} GROUP BY ${owner}`,
  })
  return (
    connection: Connection,
    ownerIds: readonly string[],
    { projects, runId }: Visibility,
  ): Promise<{ readonly id: string; readonly count: number }[]> =>
    query(connection, statement, [ownerIds, projects, runId])
}

/** The number of children of each run; a run without any is left out. */
export const countChildren = prepareCount('children')

/** The number of runs that work or worked in each workspace; one without any is left out. */
export const countRunsOfWorkspaces = prepareCount('workspace')

import { present, column, type Connection, int, prepare, query } from '../../sql/statement.ts'
import { isVisible } from './isVisible.ts'
import type { Visibility } from '../runFilter.ts'

const COUNT = prepare({
  name: 'count-children',
  row: {
    id: present(column('run', 'parent_id')),
    count: int,
  },
  text: `
SELECT r.parent_id AS id, count(*)::int AS count FROM run r
WHERE r.parent_id = ANY($1::text[]) AND ${isVisible('$2', '$3')} GROUP BY r.parent_id`,
})

/** The number of children of each run that are visible to a reader, by the run's id; a run without any is left out. */
export function countChildren(
  connection: Connection,
  parentIds: readonly string[],
  { projects, runId }: Visibility,
): Promise<{ readonly id: string; readonly count: number }[]> {
  return query(connection, COUNT, [parentIds, projects, runId])
}

import { toDate } from '../../sql/columns.ts'
import { column, type Connection, prepare, present, query } from '../../sql/statement.ts'
import type { Instant } from '../../../lifecycle/run/run.ts'

/** After which age the content of settled runs is removed, in seconds. */
export interface RetentionAges {
  /** For projects that have none of their own; null: never. */
  readonly default: number | null
  readonly projects: { readonly [project: string]: number }
}

/** The place of a run in the order in which content is removed. */
export interface RemovablePlace {
  readonly project: string
  readonly settledAt: Instant
  readonly runId: string
}

/** Which runs to list. */
export interface RemovableRequest {
  readonly ages: RetentionAges
  /** The only projects meant; null: all. */
  readonly projects: readonly string[] | null
  /** Only runs after this place; null: from the beginning. */
  readonly after: RemovablePlace | null
  readonly limit: number
}

/*
 * The projects are read off the beginning of the index, one jump each: those without content are not met. A run of the year 0 is before
 * every other. The age is counted from statement_timestamp(): an index is not searched by a clock that moves while it is.
 */
const LIST = prepare({
  name: 'list-removable',
  row: {
    id: column('run', 'id'),
    project: column('run', 'project'),
    settled_at: present(column('run', 'settled_at')),
  },
  text: `
WITH RECURSIVE with_content AS (
  (SELECT project FROM run WHERE settled_at IS NOT NULL AND content_removed_at IS NULL AND project >= $4::text ORDER BY project LIMIT 1)
  UNION ALL
  SELECT (SELECT r.project FROM run r WHERE r.settled_at IS NOT NULL AND r.content_removed_at IS NULL AND r.project > w.project
    ORDER BY r.project LIMIT 1) FROM with_content w WHERE w.project IS NOT NULL
)
SELECT r.id, r.project, r.settled_at
FROM with_content w
CROSS JOIN LATERAL (SELECT coalesce(($1::jsonb ->> w.project)::float8, $2::float8) AS seconds) age
CROSS JOIN LATERAL (
  SELECT * FROM run r
  WHERE r.project = w.project AND r.settled_at IS NOT NULL AND r.content_removed_at IS NULL
    AND r.settled_at <= statement_timestamp() - make_interval(secs => age.seconds)
    AND (r.settled_at, r.id) > (CASE WHEN w.project = $4::text THEN $5::timestamptz ELSE '-infinity' END, $6::text)
    AND r.lease_owner IS NULL
  ORDER BY r.settled_at, r.id LIMIT $7
) r
WHERE age.seconds IS NOT NULL AND ($3::text[] IS NULL OR w.project = ANY($3::text[]))
ORDER BY r.project, r.settled_at, r.id LIMIT $7`,
})

/**
 * Lists settled runs whose content is still there and older than the age of their project, by project and age. Those that an owner still
 * holds are left out.
 */
export async function listRemovable(
  connection: Connection,
  { ages, projects, after, limit }: RemovableRequest,
): Promise<RemovablePlace[]> {
  const rows = await query(connection, LIST, [
    JSON.stringify(ages.projects),
    ages.default,
    projects,
    after?.project ?? '',
    toDate(after?.settledAt ?? null),
    after?.runId ?? '',
    limit,
  ])
  return rows.map(({ id, project, settled_at: at }) => ({ runId: id, project, settledAt: at.getTime() }))
}

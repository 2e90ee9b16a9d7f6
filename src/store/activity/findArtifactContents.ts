import { column, type Connection, nullable, prepare, query, type RowOf, text } from '../sql/statement.ts'

const CONTENTS = prepare({
  name: 'find-contents',
  row: {
    id: column('artifact', 'id'),
    content: nullable(text),
    contentRemovedAt: column('run', 'content_removed_at'),
    contentRemovedBy: column('run', 'content_removed_by'),
  },
  text: `
SELECT f.id, CASE WHEN r.content_removed_at IS NULL THEN f.content END AS content,
  r.content_removed_at AS "contentRemovedAt", r.content_removed_by AS "contentRemovedBy"
FROM artifact f JOIN run r ON r.id = f.run_id WHERE f.id = ANY($1::text[])`,
})

/** The content of an artifact; null if it was removed with that of its run. */
export type ArtifactContent = RowOf<(typeof CONTENTS)['row']>

/** The contents of the artifacts with these ids, in any order; null where it was removed, and when and by whom. */
export function findArtifactContents(
  connection: Connection,
  ids: readonly string[],
): Promise<ArtifactContent[]> {
  return query(connection, CONTENTS, [ids])
}

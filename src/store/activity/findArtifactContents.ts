import { column, type Connection, prepare, query } from '../sql/statement.ts'

const CONTENTS = prepare({
  name: 'find-contents',
  row: {
    id: column('artifact', 'id'),
    content: column('artifact', 'content'),
  },
  text: 'SELECT id, content FROM artifact WHERE id = ANY($1::text[])',
})

/** The contents of the artifacts with these ids, in any order. */
export function findArtifactContents(
  connection: Connection,
  ids: readonly string[],
): Promise<{ readonly id: string; readonly content: string }[]> {
  return query(connection, CONTENTS, [ids])
}

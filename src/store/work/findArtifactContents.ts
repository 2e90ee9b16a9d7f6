import { type Prepared, type Connection, query } from '../sql/openStore.ts'

const CONTENTS: Prepared = {
  name: 'find-contents',
  text: 'SELECT id, content FROM artifact WHERE id = ANY($1::text[])',
}

/** What stands in the artifacts with these ids, in any order. */
export function findArtifactContents(
  connection: Connection,
  ids: readonly string[],
): Promise<{ readonly id: string; readonly content: string }[]> {
  return query<{ id: string; content: string }>(connection, CONTENTS, [ids])
}

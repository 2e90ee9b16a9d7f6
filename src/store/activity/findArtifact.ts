import { type Connection, json, prepare, query } from '../sql/statement.ts'
import { ARTIFACT_JSON } from '../rows/selectWork.ts'
import type { Artifact } from '../../lifecycle/run/run.ts'

const FIND_NAMED = prepare({
  name: 'find-artifact',
  row: {
    row: json<Artifact>(),
  },
  text: `
SELECT ${ARTIFACT_JSON} AS row FROM artifact f
WHERE f.phase_id = $1 AND f.attempt = $2 AND f.path = $3 AND f.sha256 = $4`,
})

/** What identifies an artifact: the same bytes for the same attempt and path are one artifact. */
export type ArtifactName = Pick<Artifact, 'phaseId' | 'attempt' | 'path' | 'sha256'>

/** The artifact with this identity; undefined if it does not exist. */
export async function findArtifact(
  connection: Connection,
  { phaseId, attempt, path, sha256 }: ArtifactName,
): Promise<Artifact | undefined> {
  const [found] = await query(connection, FIND_NAMED, [phaseId, attempt, path, sha256])
  return found?.row
}

import { type Connection, json, prepare, query, text } from '../sql/statement.ts'
import { ARTIFACT_JSON } from '../rows/selectWork.ts'
import { MAX_ROWS, byOwner } from './groupByOwner.ts'
import type { Artifact } from '../../lifecycle/run/run.ts'

const ARTIFACTS = prepare({
  name: 'list-artifacts-of-phases',
  row: {
    phase_id: text,
    row: json<Artifact>(),
  },
  text: `
SELECT of.phase_id, listed.row FROM unnest($1::text[]) AS of(phase_id)
CROSS JOIN LATERAL (
  SELECT ${ARTIFACT_JSON} AS row, f.created_at, f.id FROM artifact f
  WHERE f.phase_id = of.phase_id ORDER BY f.created_at DESC, f.id DESC LIMIT ${MAX_ROWS}
) listed
ORDER BY listed.created_at, listed.id`,
})

/** The artifacts of phases, by phase, oldest first, including those of earlier attempts. */
export async function listArtifactsOfPhases(
  connection: Connection,
  phaseIds: readonly string[],
): Promise<Map<string, Artifact[]>> {
  const rows = await query(connection, ARTIFACTS, [phaseIds])
  return byOwner(rows.map(({ phase_id, row }) => [phase_id, row]))
}

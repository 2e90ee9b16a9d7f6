import type { Approval, Artifact, Message, Session } from '../../lifecycle/run/run.ts'
import { type Connection, type Prepared, query } from '../sql/openStore.ts'
import { preparePages } from '../sql/runPages.ts'
import { APPROVAL_JSON, ARTIFACT_JSON, MESSAGE_JSON, SESSION_JSON } from '../rows/selectWork.ts'

/** Pages of the artifacts of runs, in the order asked for; without their contents. */
export const listArtifactsOfRuns = preparePages<Artifact>({
  name: 'list-artifacts-of-runs',
  table: 'artifact f',
  json: ARTIFACT_JSON,
  at: 'created_at',
})

/** Pages of the approvals of runs, in the order asked for. */
export const listApprovalsOfRuns = preparePages<Approval>({
  name: 'list-approvals-of-runs',
  table: 'approval v',
  json: APPROVAL_JSON,
  at: 'requested_at',
})

/** Pages of the messages of runs, in the order asked for. */
export const listMessagesOfRuns = preparePages<Message>({
  name: 'list-messages-of-runs',
  table: 'message m',
  json: MESSAGE_JSON,
  at: 'sent_at',
})

/** How many rows a list without pages has at most: the latest ones. */
const MAX_ROWS = 500

const SESSIONS: Prepared = {
  name: 'list-sessions-of-runs',
  text: `
SELECT of.run_id, listed.row FROM unnest($1::text[]) AS of(run_id)
CROSS JOIN LATERAL (
  SELECT ${SESSION_JSON} AS row, s.created_at, s.id FROM session s
  WHERE s.run_id = of.run_id ORDER BY s.created_at DESC, s.id DESC LIMIT ${MAX_ROWS}
) listed
ORDER BY listed.created_at, listed.id`,
}

/** The sessions of runs, by run, in the order in which they were opened; those that are over too. */
export async function listSessionsOfRuns(
  connection: Connection,
  runIds: readonly string[],
): Promise<Map<string, Session[]>> {
  const rows = await query<{ run_id: string; row: Session }>(connection, SESSIONS, [runIds])
  return byOwner(rows.map(({ run_id, row }) => [run_id, row]))
}

const ARTIFACTS: Prepared = {
  name: 'list-artifacts-of-phases',
  text: `
SELECT of.phase_id, listed.row FROM unnest($1::text[]) AS of(phase_id)
CROSS JOIN LATERAL (
  SELECT ${ARTIFACT_JSON} AS row, f.created_at, f.id FROM artifact f
  WHERE f.phase_id = of.phase_id ORDER BY f.created_at DESC, f.id DESC LIMIT ${MAX_ROWS}
) listed
ORDER BY listed.created_at, listed.id`,
}

/** The artifacts of phases, by phase, in the order in which they came; those of earlier attempts too. */
export async function listArtifactsOfPhases(
  connection: Connection,
  phaseIds: readonly string[],
): Promise<Map<string, Artifact[]>> {
  const rows = await query<{ phase_id: string; row: Artifact }>(connection, ARTIFACTS, [phaseIds])
  return byOwner(rows.map(({ phase_id, row }) => [phase_id, row]))
}

function byOwner<Row>(rows: readonly (readonly [owner: string, row: Row])[]): Map<string, Row[]> {
  const found = new Map<string, Row[]>()
  for (const [owner, row] of rows) {
    const known = found.get(owner)
    if (known) known.push(row)
    else found.set(owner, [row])
  }
  return found
}

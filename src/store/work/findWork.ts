import type { Approval, Artifact, Message, Session } from '../../lifecycle/run/run.ts'
import { type Connection, type Prepared, query } from '../sql/openStore.ts'
import { APPROVAL_JSON, ARTIFACT_JSON, MESSAGE_JSON, SESSION_JSON } from '../rows/selectWork.ts'

/** A row below a run, and the run's id. */
export interface OwnedRow<Row> {
  readonly runId: string
  readonly row: Row
}

/** Prepares to find rows by their ids: in any order, and ids that name nothing are left out. */
function prepareFind<Row>(name: string, table: `${string} ${string}`, json: string) {
  const [, of] = table.split(' ')
  const statement: Prepared = {
    name,
    text: `SELECT ${of}.run_id AS "runId", ${json} AS row FROM ${table} WHERE ${of}.id = ANY($1::text[])`,
  }
  return (connection: Connection, ids: readonly string[]): Promise<OwnedRow<Row>[]> =>
    query<{ runId: string; row: Row }>(connection, statement, [ids])
}

/** The sessions with these ids. */
export const findSessions = prepareFind<Session>('find-sessions', 'session s', SESSION_JSON)

/** The artifacts with these ids, without their contents. */
export const findArtifacts = prepareFind<Artifact>('find-artifacts', 'artifact f', ARTIFACT_JSON)

const FIND_NAMED: Prepared = {
  name: 'find-artifact',
  text: `
SELECT ${ARTIFACT_JSON} AS row FROM artifact f
WHERE f.phase_id = $1 AND f.attempt = $2 AND f.path = $3 AND f.sha256 = $4`,
}

/** What an artifact is known by: the same bytes for the same attempt and path are one. */
export type ArtifactName = Pick<Artifact, 'phaseId' | 'attempt' | 'path' | 'sha256'>

/** The artifact with this name. */
export async function findArtifact(
  connection: Connection,
  { phaseId, attempt, path, sha256 }: ArtifactName,
): Promise<Artifact | undefined> {
  const [found] = await query<{ row: Artifact }>(connection, FIND_NAMED, [phaseId, attempt, path, sha256])
  return found?.row
}

/** The approvals with these ids. */
export const findApprovals = prepareFind<Approval>('find-approvals', 'approval v', APPROVAL_JSON)

/** The messages with these ids. */
export const findMessages = prepareFind<Message>('find-messages', 'message m', MESSAGE_JSON)

const CONTENTS: Prepared = {
  name: 'find-contents',
  text: 'SELECT id, content FROM artifact WHERE id = ANY($1::text[])',
}

/** What stands in the artifacts with these ids, in any order. */
export function findContents(
  connection: Connection,
  ids: readonly string[],
): Promise<{ readonly id: string; readonly content: string }[]> {
  return query<{ id: string; content: string }>(connection, CONTENTS, [ids])
}

import { type Connection, json, prepare, query, text } from '../sql/statement.ts'
import type { Session, Artifact, Approval, Message } from '../../lifecycle/run/run.ts'
import { SESSION_JSON, ARTIFACT_JSON, APPROVAL_JSON, MESSAGE_JSON } from '../rows/selectWork.ts'

/** A row and the id of the run it belongs to. */
export interface OwnedRow<Row> {
  readonly runId: string
  readonly row: Row
}

/** Prepares a statement that finds rows by their ids: in any order, leaving out unknown ids. */
function prepareFind<Row>(name: string, table: `${string} ${string}`, columns: string) {
  const [, of] = table.split(' ')
  const statement = prepare({
    name,
    row: { runId: text, row: json<Row>() },
    text: `SELECT ${of}.run_id AS "runId", ${columns} AS row FROM ${table} WHERE ${of}.id = ANY($1::text[])`,
  })
  return (connection: Connection, ids: readonly string[]): Promise<OwnedRow<Row>[]> =>
    query(connection, statement, [ids])
}

/** The sessions with these ids. */
export const findSessions = prepareFind<Session>('find-sessions', 'session s', SESSION_JSON)

/** The artifacts with these ids, without their contents. */
export const findArtifacts = prepareFind<Artifact>('find-artifacts', 'artifact f', ARTIFACT_JSON)

/** The approvals with these ids. */
export const findApprovals = prepareFind<Approval>('find-approvals', 'approval v', APPROVAL_JSON)

/** The messages with these ids. */
export const findMessages = prepareFind<Message>('find-messages', 'message m', MESSAGE_JSON)

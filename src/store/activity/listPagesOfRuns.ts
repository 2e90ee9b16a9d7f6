import { prepareOwnedPages } from '../sql/ownedPages.ts'
import type { Artifact, Approval, Message, Session } from '../../lifecycle/run/run.ts'
import { ARTIFACT_JSON, APPROVAL_JSON, MESSAGE_JSON, SESSION_JSON } from '../rows/selectWork.ts'

/** Pages of the artifacts of runs, in the order of the requests; without contents. */
export const listArtifactsOfRuns = prepareOwnedPages<Artifact>({
  name: 'list-artifacts-of-runs',
  table: 'artifact f',
  json: ARTIFACT_JSON,
  at: 'created_at',
})

/** Pages of the artifacts of phases, those of earlier attempts too, in the order of the requests; without contents. */
export const listArtifactsOfPhases = prepareOwnedPages<Artifact>({
  name: 'list-artifacts-of-phases',
  table: 'artifact f',
  json: ARTIFACT_JSON,
  at: 'created_at',
  below: 'phase_id',
})

/** Pages of the approvals of runs, in the order of the requests. */
export const listApprovalsOfRuns = prepareOwnedPages<Approval>({
  name: 'list-approvals-of-runs',
  table: 'approval v',
  json: APPROVAL_JSON,
  at: 'requested_at',
})

/** Pages of the messages of runs, in the order of the requests. */
export const listMessagesOfRuns = prepareOwnedPages<Message>({
  name: 'list-messages-of-runs',
  table: 'message m',
  json: MESSAGE_JSON,
  at: 'sent_at',
})

/** Pages of the sessions of runs, those that are over too, in the order of the requests. */
export const listSessionsOfRuns = prepareOwnedPages<Session>({
  name: 'list-sessions-of-runs',
  table: 'session s',
  json: SESSION_JSON,
  at: 'created_at',
})

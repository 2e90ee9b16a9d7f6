import { preparePages } from '../sql/runPages.ts'
import type { Artifact, Approval, Message } from '../../lifecycle/run/run.ts'
import { ARTIFACT_JSON, APPROVAL_JSON, MESSAGE_JSON } from '../rows/selectWork.ts'

/** Pages of the artifacts of runs, in the order of the requests; without contents. */
export const listArtifactsOfRuns = preparePages<Artifact>({
  name: 'list-artifacts-of-runs',
  table: 'artifact f',
  json: ARTIFACT_JSON,
  at: 'created_at',
})

/** Pages of the approvals of runs, in the order of the requests. */
export const listApprovalsOfRuns = preparePages<Approval>({
  name: 'list-approvals-of-runs',
  table: 'approval v',
  json: APPROVAL_JSON,
  at: 'requested_at',
})

/** Pages of the messages of runs, in the order of the requests. */
export const listMessagesOfRuns = preparePages<Message>({
  name: 'list-messages-of-runs',
  table: 'message m',
  json: MESSAGE_JSON,
  at: 'sent_at',
})

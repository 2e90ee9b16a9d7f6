import type DataLoader from 'dataloader'
import type { Usage } from '../../lifecycle/activity/usage.ts'
import type { Approval, Artifact, Message, Session } from '../../lifecycle/run/run.ts'
import {
  type OwnedRow,
  findApprovals,
  findArtifacts,
  findMessages,
  findSessions,
} from '../../store/activity/findWork.ts'
import { type ArtifactContent, findArtifactContents } from '../../store/activity/findArtifactContents.ts'
import {
  listApprovalsOfRuns,
  listArtifactsOfRuns,
  listArtifactsOfPhases,
  listMessagesOfRuns,
  listSessionsOfRuns,
} from '../../store/activity/listPagesOfRuns.ts'
import type { Page } from '../../store/sql/page.ts'
import type { OwnedPageRequest } from '../../store/sql/ownedPages.ts'
import type { Entry } from '../../store/activity/transcript/entries.ts'
import { type EntriesRequest, listTranscripts } from '../../store/activity/transcript/listTranscripts.ts'
import {
  sumUsageOfExecutions,
  sumUsageOfPhases,
  sumUsageOfRuns,
  sumUsageOfSessions,
  type UsageRequest,
} from '../../store/activity/usage/sumUsages.ts'
import type { Loaders } from './loaders.ts'

/** Reads of a run's dependent rows. */
export interface WorkReads {
  readonly session: DataLoader<string, OwnedRow<Session> | null>
  readonly artifact: DataLoader<string, OwnedRow<Artifact> | null>
  readonly approval: DataLoader<string, OwnedRow<Approval> | null>
  readonly message: DataLoader<string, OwnedRow<Message> | null>
  readonly sessions: DataLoader<OwnedPageRequest, Page<Session>, string>
  /** Pages of the artifacts of a phase, of every attempt. */
  readonly artifactsOfPhase: DataLoader<OwnedPageRequest, Page<Artifact>, string>
  readonly artifacts: DataLoader<OwnedPageRequest, Page<Artifact>, string>
  readonly approvals: DataLoader<OwnedPageRequest, Page<Approval>, string>
  readonly messages: DataLoader<OwnedPageRequest, Page<Message>, string>
  /** The content of an artifact by its id, or when it was removed. */
  readonly content: DataLoader<string, ArtifactContent | null>
  readonly transcript: DataLoader<EntriesRequest, Page<Entry>, string>
  readonly usageOfRun: DataLoader<UsageRequest, Usage | null, string>
  /** What was used, by the id of a phase, a session or an execution. */
  readonly usageOfPhase: DataLoader<string, Usage | null, string>
  readonly usageOfSession: DataLoader<string, Usage | null, string>
  readonly usageOfExecution: DataLoader<string, Usage | null, string>
}

/** Prepares the reads of dependent rows. */
export function prepareWorkReads({ byId, inOrder }: Loaders): WorkReads {
  return {
    session: byId(findSessions, ({ row }) => row.id),
    artifact: byId(findArtifacts, ({ row }) => row.id),
    approval: byId(findApprovals, ({ row }) => row.id),
    message: byId(findMessages, ({ row }) => row.id),
    sessions: inOrder(listSessionsOfRuns),
    artifactsOfPhase: inOrder(listArtifactsOfPhases),
    artifacts: inOrder(listArtifactsOfRuns),
    approvals: inOrder(listApprovalsOfRuns),
    messages: inOrder(listMessagesOfRuns),
    content: byId(findArtifactContents, ({ id }) => id),
    transcript: inOrder(listTranscripts),
    usageOfRun: inOrder(sumUsageOfRuns),
    usageOfPhase: inOrder(sumUsageOfPhases),
    usageOfSession: inOrder(sumUsageOfSessions),
    usageOfExecution: inOrder(sumUsageOfExecutions),
  }
}

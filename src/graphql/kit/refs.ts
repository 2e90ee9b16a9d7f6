import type {
  Approval,
  Artifact,
  Claim,
  Execution,
  Instant,
  Message,
  Phase,
  Session,
} from '../../lifecycle/run/run.ts'
import type { TakenStep } from '../../commands/kit/answers.ts'
import type { RunEvent } from '../../lifecycle/run/events.ts'
import type { WorkflowDefinition } from '../../lifecycle/workflow/workflow.ts'
import type { WorkspaceOperation } from '../../lifecycle/workspace/workspace.ts'
import type { LoadedRun } from '../../store/run/loadRun.ts'
import type { StoredToken } from '../../store/account/tokens.ts'
import type { StoredWorker } from '../../store/account/workers.ts'
import type { StoredWorkflow } from '../../store/sql/workflowCache.ts'
import type { LoadedWorkspace } from '../../store/workspace/loadedWorkspace.ts'
import { builder } from './builder.ts'

/** The resolver types of the schema; the fields of each are declared in the file of its concept. */

/** A phase, its run's id, and the workflow that describes it. */
export interface PhaseNode {
  readonly runId: string
  readonly phase: Phase
  readonly workflow: WorkflowDefinition
}

/** A claim, and the time for which it is shown. */
export interface Lease {
  readonly claim: Claim
  readonly now: Instant
}

/** An event, and the run whose log contains it. */
export type OwnedEvent = RunEvent & { readonly runId: string }

/** A dependent row of a run, and the run's id. */
export interface SessionNode {
  readonly runId: string
  readonly session: Session
}
export interface ArtifactNode {
  readonly runId: string
  readonly artifact: Artifact
}
export interface ApprovalNode {
  readonly runId: string
  readonly approval: Approval
}
export interface MessageNode {
  readonly runId: string
  readonly message: Message
}

/** An operation of a workspace. */
export interface OperationNode {
  readonly operation: WorkspaceOperation
}

/** Every object with its own id. */
export type NodeShape =
  | LoadedRun
  | PhaseNode
  | SessionNode
  | Execution
  | ArtifactNode
  | ApprovalNode
  | MessageNode
  | StoredWorkflow
  | StoredToken
  | LoadedWorkspace
  | OperationNode
  | StoredWorker

export const NodeRef = builder.interfaceRef<NodeShape>('Node')
export const RunRef = builder.objectRef<LoadedRun>('Run')
export const TakenStepRef = builder.objectRef<TakenStep>('TakenStep')
export const PhaseRef = builder.objectRef<PhaseNode>('Phase')
export const ExecutionRef = builder.objectRef<Execution>('Execution')
export const SessionRef = builder.objectRef<SessionNode>('Session')
export const ArtifactRef = builder.objectRef<ArtifactNode>('Artifact')
export const ApprovalRef = builder.objectRef<ApprovalNode>('Approval')
export const MessageRef = builder.objectRef<MessageNode>('Message')
export const WorkflowRef = builder.objectRef<StoredWorkflow>('Workflow')
export const LeaseRef = builder.objectRef<Lease>('Lease')
export const RunEventRef = builder.objectRef<OwnedEvent>('RunEvent')
export const TokenRef = builder.objectRef<StoredToken>('Token')
export const WorkerRef = builder.objectRef<StoredWorker>('Worker')
export const WorkspaceRef = builder.objectRef<LoadedWorkspace>('Workspace')
export const WorkspaceOperationRef = builder.objectRef<OperationNode>('WorkspaceOperation')

/**
 * Description of the fields that show the run of a mutation. They are nullable in every member of every result,
 * otherwise no document could select them in two members.
 */
export const WITHHELD_RUN = 'The current run; null for an AGENT token whose claim is over.'

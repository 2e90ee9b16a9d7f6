import type { RunEventPayloads } from '../generated/events.ts'
import type * as g from '../generated/graphql.ts'
import type { Shown } from '../kit/shown.ts'
import type { CallOptions } from './request.ts'

/** The results of mutations. */
export type * from '../generated/results.ts'

/** A run as lists, feeds and answers contain it. */
export type Run = g.RunFieldsFragment
/** A run with its phases, its input and output, and its missing evidence. */
export type RunDetail = g.RunDetailFragment
export type Lease = g.LeaseFieldsFragment
export type Phase = g.PhaseFieldsFragment
export type Execution = g.ExecutionFieldsFragment
export type Session = g.SessionFieldsFragment
/** A session with the state of its run. */
export type SessionDetail = Extract<g.SessionQuery['node'], { readonly __typename: 'Session' }>

/** The kinds of entries by the names of their types. */
interface EntryKinds {
  MessageEntry: 'MESSAGE'
  ThoughtEntry: 'THOUGHT'
  ToolCallEntry: 'TOOL_CALL'
  DiffEntry: 'DIFF'
  PlanEntry: 'PLAN'
  PermissionEntry: 'PERMISSION'
  UsageEntry: 'USAGE'
  ErrorEntry: 'ERROR'
  OutputEntry: 'OUTPUT'
}

type EntryOf<Entry> = Entry extends { readonly __typename: infer Name extends keyof EntryKinds }
  ? Omit<Entry, 'kind' | '__typename'> & { readonly kind: EntryKinds[Name] }
  : never

/** One entry of a transcript; its `kind` tells which fields it has. See `foldTranscript`. */
export type TranscriptEntry = EntryOf<g.TranscriptEntryFieldsFragment>
/** An entry to append: one field, named by its kind. */
export type TranscriptEntryInput = g.TranscriptEntryInput
/** An entry that a search has found. */
export type TranscriptMatch = g.SearchTranscriptsQuery['searchTranscripts']['edges'][number]['node']
export type Artifact = g.ArtifactFieldsFragment
/** An artifact with its content, if the server keeps it. */
export type ArtifactDetail = g.ArtifactDetailFragment
export type Approval = g.ApprovalFieldsFragment
/** An approval with the files of its phase. */
export type ApprovalDetail = g.ApprovalDetailFragment
export type Message = g.MessageFieldsFragment
/** The directory that runs work in, on one machine. */
export type Workspace = g.WorkspaceFieldsFragment
/** A workspace with the runs that work, or have worked, in it. */
export type WorkspaceDetail = g.WorkspaceDetailFragment
/** An operation on a workspace, requested from the worker of its machine. */
export type WorkspaceOperation = g.WorkspaceOperationFieldsFragment
/** An operation with its workspace and its result. */
export type WorkspaceOperationDetail = g.WorkspaceOperationDetailFragment
/** An operation with its workspace, as delivered to workers. */
export type RequestedOperation = g.WorkspaceRequestsSubscription['workspaceRequests']
/** Why an operation, or a preview, failed. */
export type WorkspaceError = g.WorkspaceErrorFieldsFragment
/** The result of a DIFF, with its patch. */
export type WorkspaceDiff = NonNullable<WorkspaceOperationDetail['diff']>
export type Workflow = g.WorkflowFieldsFragment
/** A workflow with its definition as it was registered. */
export type WorkflowDetail = NonNullable<g.WorkflowQuery['workflow']>
export type Token = g.TokenFieldsFragment
export type MissingEvidence = g.MissingEvidenceFieldsFragment
/** What agents told that they had used. A figure that none of them gave is null. */
export type Usage = g.UsageFieldsFragment
type UsageOfRun = NonNullable<g.RunUsageQuery['run']>
/** What a run used, and where. */
export type RunUsage = Omit<UsageOfRun, 'executions'> & {
  readonly executions: UsageOfRun['executions']['edges'][number]['node'][]
}
export type RunCount = g.RunCountsQuery['runCounts'][number]
export type Viewer = g.ViewerQuery['viewer']
export type ServerInfo = g.ServerQuery['server']
export type DoctorReport = g.DoctorQuery['doctor']
export type PageInfo = g.PageFieldsFragment

/** One page of a list. Read the next with `after: pageInfo.endCursor`. */
export interface Page<Node> {
  readonly nodes: Node[]
  readonly pageInfo: PageInfo
}

/** One page of runs, and the cursor from which `runs.changes` continues without a gap. */
export interface RunPage extends Page<Run> {
  readonly feedCursor: string
}

/** Which page, and its size: default 50, at most 500. */
export interface PageFields {
  readonly first?: number | undefined
  readonly after?: string | undefined
}

/** The state of a run at one moment; with the whole run if requested. */
export type RunFrame = g.RunStatusSubscription['runStatus']
/** A change of any run; `run` is null if it was deleted. */
export type RunsChange = g.RunsChangedSubscription['runsChanged']
/** What an owner has to do; a directive of kind MESSAGE carries the message. */
export type Directive = g.DirectivesSubscription['directives']

/** One line of a run's log. The payload is typed by `type`; later servers may send further types. */
export type RunEvent = {
  [Type in keyof RunEventPayloads]: Omit<g.RunEventFieldsFragment, 'type' | 'payload'> & {
    readonly type: Type
    readonly payload: RunEventPayloads[Type]
  }
}[keyof RunEventPayloads]

/**
 * A mutation's fields without the ids that are separate arguments, and the call's options; `never` if the two share a
 * name.
 */
export type Fields<Input, Id extends keyof Input = never> = keyof Input & keyof CallOptions extends never
  ? Omit<Input, Id> & CallOptions
  : never

export type ResolveRunResult = Shown<g.ResolveRunQuery['resolveRun']>
export type VerifyRunResult = Shown<g.VerifyRunQuery['verifyRun']>

/** The enums, filters and inputs of the schema. */
export type {
  ApprovalFilter,
  ApprovalKind,
  ApprovalStatus,
  Decision,
  DirectiveKind,
  EntryKind,
  ErrorClass,
  EvidenceKind,
  ExecutionEnd,
  ExecutionFilter,
  ExpiryPolicy,
  FileChange,
  FailReason,
  MessageMode,
  MessageStatus,
  NextAction,
  NotResumableCause,
  Outcome,
  OutputStream,
  PermissionState,
  PermissionInput,
  PermissionKind,
  PhaseStatus,
  PreviewStatus,
  PromptStage,
  Receipt,
  ResolvedVia,
  Role,
  RunCommand,
  RunFilter,
  RunOrder,
  RunReason,
  RunsFeedFilter,
  RunStatus,
  SessionStatus,
  StartRunInput,
  StepStatus,
  ToolKind,
  ToolStatus,
  TranscriptFilter,
  WorkspaceDiffInput,
  WorkspaceErrorInput,
  WorkspaceFileInput,
  WorkspaceFilter,
  WorkspaceKind,
  WorkspaceMergeInput,
  WorkspaceNotReadyCause,
  WorkspaceOperationFilter,
  WorkspaceOperationKind,
  WorkspaceOperationStatus,
  WorkspacePreviewInput,
  WorkspaceStatus,
} from '../generated/graphql.ts'

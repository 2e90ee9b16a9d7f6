import type { RunEventPayloads } from '../generated/events.ts'
import type * as g from '../generated/graphql.ts'
import type { CallOptions } from './request.ts'

/** The results of mutations, and the inputs and enums of the schema. */
export type * from '../generated/exports.ts'

/** A session with the state of its run. */
export type SessionDetail = Extract<g.SessionQuery['node'], { readonly __typename: 'Session' }>

export type {
  Approval,
  ApprovalDetail,
  Artifact,
  ArtifactDetail,
  ContentRemoval,
  Execution,
  Lease,
  Message,
  MissingEvidence,
  PageInfo,
  Phase,
  Run,
  RunDetail,
  Session,
  Token,
  Usage,
  Worker as WorkerInfo,
  Workflow,
  Workspace,
  WorkspaceDetail,
  WorkspaceError,
  WorkspaceOperation,
  WorkspaceOperationDetail,
} from '../generated/graphql.ts'

/** The kinds of entries by the names of their types. */
interface EntryKinds {
  PromptEntry: 'PROMPT'
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
  ? Omit<Entry, 'kind' | '__typename'> & {
      /** What the entry is. */
      readonly kind: EntryKinds[Name]
    }
  : never

/** One entry of a transcript; its `kind` tells which fields it has. See `foldTranscript`. */
export type TranscriptEntry = EntryOf<g.TranscriptEntry>
/** An entry that a search has found. */
export type TranscriptMatch = g.SearchTranscriptsQuery['searchTranscripts']['nodes'][number]
/** An operation with its workspace, as delivered to workers. */
export type RequestedOperation = g.WorkspaceOperationRequestedSubscription['workspaceOperationRequested']
/** The result of a DIFF, with its patch. */
export type WorkspaceDiff = NonNullable<g.WorkspaceOperationDetail['diff']>
/** A workflow with its definition as it was registered. */
export type WorkflowDetail = NonNullable<g.WorkflowQuery['workflow']>
type UsageOfRun = NonNullable<g.RunUsageQuery['run']>
/** What a run used, and where. */
export type RunUsage = Omit<UsageOfRun, 'executions' | 'sessions'> & {
  readonly sessions: UsageOfRun['sessions']['nodes']
  readonly executions: UsageOfRun['executions']['nodes'][number][]
}
export type RunCount = g.RunCountsQuery['runCounts'][number]
/** A project, with the numbers of its runs. */
export type Project = g.ProjectsQuery['projects']['nodes'][number]
export type Viewer = g.ViewerQuery['viewer']
export type ServerInfo = g.ServerQuery['server']
export type DoctorReport = g.DoctorQuery['doctor']

/** One page of a list. Read the next with `after: pageInfo.endCursor`. */
export interface Page<Node> {
  readonly nodes: Node[]
  readonly pageInfo: g.PageInfo
}

/** One page of runs, and the cursor from which `runs.changes` continues without a gap. */
export interface RunPage extends Page<g.Run> {
  readonly feedCursor: string
  /** How many runs match on all pages; null if more than are counted, undefined without `withTotalCount`. */
  readonly totalCount?: number | null | undefined
}

/** Which page, and its size: default 50, at most 500. */
export interface PageFields {
  readonly first?: number | undefined
  readonly after?: string | undefined
}

/** The state of a run at one moment; with the whole run if requested. */
export type RunFrame = g.RunChangedSubscription['runChanged']
/** A change of any run; `run` is null if it was deleted. */
export type RunsChange = g.RunsChangedSubscription['runsChanged']
/** A run that can be claimed, offered to one of those that wait. */
export type RunOffer = g.RunOfferedSubscription['runOffered']
/** What an owner has to do; a directive of kind MESSAGE carries the message. */
export type Directive = g.DirectiveIssuedSubscription['directiveIssued']

/** One line of a run's log. The payload is typed by `type`; later servers may send further types. */
export type RunEvent = {
  [Type in keyof RunEventPayloads]: Omit<g.RunEvent, 'type' | 'payload'> & {
    /** What happened. */
    readonly type: Type
    /** What is told of it, by its type. */
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

export type ResolveRunResult = g.ResolveRunQuery['resolveRun']
export type VerifyRunResult = g.VerifyRunQuery['verifyRun']

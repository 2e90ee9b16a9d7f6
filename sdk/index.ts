export type { ListApprovalsFields } from './client/approvals.ts'
export type { SearchTranscriptsFields, TranscriptPageFields } from './client/sessions.ts'
export { createPawl } from './client.ts'
export type { Pawl } from './client.ts'
export type {
  Fetch,
  FetchResponse,
  PawlOptions,
  SocketConstructor,
  TokenSource,
} from './request/connection.ts'
export { readAddress } from './request/address.ts'
export {
  PawlAddressError,
  PawlAuthError,
  PawlConnectionError,
  PawlCursorExpiredError,
  PawlError,
  PawlFault,
  PawlInterruptedError,
  PawlProblem,
} from './kit/errors.ts'
export type { FaultCode, Interruption, Problem } from './kit/errors.ts'
export type { AskFields } from './worker/askInTurn.ts'
export { defineWorkflow } from './defineWorkflow.ts'
export type { DefinedWorkflow, TypedOwnedRun, TypedRun, TypedStartResult } from './defineWorkflow.ts'
export type { OwnedRun } from './worker/ownedRun.ts'
export { isAsking, isAtWork } from './worker/atWork.ts'
export { waitsForChildren } from './worker/children.ts'
export type { LeaseKeeper, KeepLeaseFields } from './worker/leaseKeeper.ts'
export type { TypedDocument } from './kit/document.ts'
export type { JsonInput, JsonValue } from './kit/json.ts'
export type { CallOptions } from './request/request.ts'
export type { PromptPlaceholder, WorkflowDefinition } from './generated/workflow.ts'
export type { RunEventPayloads } from './generated/events.ts'
export type { PerformOptions, PerformResult } from './request/performOperation.ts'
export { isSuccess, match, unwrap } from './request/results.ts'
export type { ProblemOf, SuccessOf } from './request/results.ts'
export type { RetryOptions } from './request/retry.ts'
export type { ListRunsFields, UsageOptions } from './client/runs.ts'
export { showInvisible } from '../src/text/showInvisible.ts'
export { createRunStore } from './store/store.ts'
export type { RunNews, RunStore, StoredRun } from './store/store.ts'
export type { StreamOptions } from './streams/stream.ts'
export { entryText } from './streams/entryText.ts'
export { formatCost } from './streams/formatCost.ts'
export { foldTranscript, TranscriptFold } from './streams/foldTranscript.ts'
export type { FoldedEntry } from './streams/foldTranscript.ts'
export type { TranscriptOptions } from './streams/transcript.ts'
export type * from './request/types.ts'
export type {
  ChangesOptions,
  DirectivesOptions,
  EventsOptions,
  OffersOptions,
  WatchOptions,
} from './streams/watch.ts'
export type { WorkerFacts } from './worker/announcer.ts'
export type { Worker, WorkerHandler, WorkerOptions } from './worker/worker.ts'
export type { WatchWorkspaceOptions } from './streams/watchWorkspace.ts'

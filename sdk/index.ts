export type { ListApprovalsFields } from './approvals.ts'
export { createPawl } from './client.ts'
export type { Pawl } from './client.ts'
export type { PawlOptions, SocketConstructor, TokenSource } from './connection.ts'
export { readAddress } from './address.ts'
export {
  PawlAddressError,
  PawlAuthError,
  PawlConnectionError,
  PawlCursorExpiredError,
  PawlError,
  PawlFault,
  PawlInterruptedError,
  PawlProblem,
} from './errors.ts'
export type { Interruption, Problem } from './errors.ts'
export type { Held } from './held.ts'
export { waitsForChildren } from './children.ts'
export type { Hold, HoldFields } from './hold.ts'
export type { JsonValue } from './json.ts'
export type { CallOptions } from './request.ts'
export type { PromptPlaceholder, WorkflowDefinition } from './generated/workflow.ts'
export type { RunEventPayloads } from './generated/events.ts'
export type { PerformOptions, PerformResult } from './performOperation.ts'
export { isSuccess, match, unwrap } from './results.ts'
export type { ProblemOf, SuccessOf } from './results.ts'
export type { RetryOptions } from './retry.ts'
export type { ListRunsFields } from './runs.ts'
export { showInvisible } from '../src/text/showInvisible.ts'
export { createRunStore } from './store.ts'
export type { RunNews, RunStore, StoredRun } from './store.ts'
export type { StreamOptions } from './stream.ts'
export type { TranscriptOptions } from './transcript.ts'
export type * from './types.ts'
export type { ChangesOptions, DirectivesOptions, EventsOptions, WatchOptions } from './watch.ts'
export type { Worker, WorkerHandler, WorkerOptions } from './worker.ts'
export type { WatchWorkspaceOptions } from './watchWorkspace.ts'

'use client'

export { useAction } from './action.ts'
export type { Action } from './action.ts'
export { createRunFeed } from './feed.ts'
export type { ConnectionState, FeedOptions, RunFeed } from './feed.ts'
export { matchesFilter } from './filter.ts'
export { useConnection, usePawl, useRun, useRunEvents, useRunFeed, useRuns, useTranscript } from './hooks.ts'
export type { UseRunResult, UseRunsOptions, UseRunsResult, UseTranscriptResult } from './hooks.ts'
export type { Lines } from './lines.ts'
export type { Live } from './live.ts'
export type { WholeRun } from './runList.ts'
export { PawlProvider } from './provider.ts'
export type { PawlProviderProps } from './provider.ts'
export { useApprovals, useMessages, useSession, useWorkspace } from './workHooks.ts'
export type {
  ReadOptions,
  ReadResult,
  UseApprovalsOptions,
  UseApprovalsResult,
  UseMessagesOptions,
  UseMessagesResult,
  UseSessionResult,
  UseWorkspaceResult,
} from './workHooks.ts'

import {
  FILE_CHANGES,
  NOT_READY_CAUSES,
  OPERATION_KINDS,
  OPERATION_STATUSES,
  PREVIEW_STATUSES,
  WORKSPACE_KINDS,
  WORKSPACE_STATUSES,
} from '../../lifecycle/workspace/workspace.ts'
import { enumOf } from '../kit/builder.ts'

/** The GraphQL enums of the vocabulary of workspaces, each value with its meaning. */

export const WorkspaceKind = enumOf('WorkspaceKind', WORKSPACE_KINDS, 'What a workspace is.', {
  DIRECTORY: 'A plain directory.',
  WORKTREE: 'A git worktree with a branch of its own.',
})

export const WorkspaceStatus = enumOf(
  'WorkspaceStatus',
  WORKSPACE_STATUSES,
  'Whether a workspace is there.',
  {
    READY: 'Its directory is there.',
    REMOVED: 'Its directory is gone, for good.',
  },
)

export const WorkspaceOperationKind = enumOf(
  'WorkspaceOperationKind',
  OPERATION_KINDS,
  'What the worker of its machine can do with a workspace.',
  {
    DIFF: 'Tell what the work differs in from what it began at.',
    MERGE: 'Merge the work, all or nothing: conflicts change nothing.',
    START_PREVIEW: 'Show the work under a URL; where it is shown already, say so.',
    STOP_PREVIEW: 'Show it no more.',
    REMOVE: 'Remove the directory, unless it holds work that is not merged; with force, in any case.',
  },
)

export const WorkspaceOperationStatus = enumOf(
  'WorkspaceOperationStatus',
  OPERATION_STATUSES,
  'Where an operation stands.',
  {
    REQUESTED: 'Waits for a worker of the machine.',
    STARTED: 'A worker is at it.',
    SUCCEEDED: 'Done.',
    FAILED: 'Not done; `error` says why.',
  },
)

export const PreviewStatus = enumOf('PreviewStatus', PREVIEW_STATUSES, 'Whether the work can be seen.', {
  STOPPED: 'It is not shown.',
  STARTING: 'A worker is about to show it.',
  RUNNING: 'It is shown.',
  FAILED: 'It could not be shown, or stopped by itself.',
})

export const WorkspaceNotReadyCause = enumOf(
  'WorkspaceNotReadyCause',
  NOT_READY_CAUSES,
  'What stands against an operation.',
  {
    REMOVED: 'The directory was removed.',
    REMOVING: 'The directory is being removed.',
    NOT_A_WORKTREE: 'It is a plain directory, without a branch of its own.',
    NO_RUN: 'No run is left that worked in it.',
    RUN_ACTIVE: 'A run works in it.',
    RUN_NOT_COMPLETED: 'The last run that worked in it did not complete.',
    NO_PREVIEW: 'It has no preview.',
  },
)

export const FileChange = enumOf('FileChange', FILE_CHANGES, 'How a file was changed.', {
  ADDED: 'It is new.',
  MODIFIED: 'It has another content, or mode.',
  DELETED: 'It is gone.',
  RENAMED: 'It has another name, and perhaps another content.',
})

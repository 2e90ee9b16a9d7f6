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
  WORKTREE: 'A git worktree with its own branch.',
})

export const WorkspaceStatus = enumOf('WorkspaceStatus', WORKSPACE_STATUSES, 'Status of a workspace.', {
  READY: 'Its directory exists.',
  REMOVED: 'Its directory was removed. Final.',
})

export const WorkspaceOperationKind = enumOf(
  'WorkspaceOperationKind',
  OPERATION_KINDS,
  'An operation that the worker of its machine performs on a workspace.',
  {
    DIFF: 'Reports the differences between the work and its base commit.',
    MERGE: 'Merges the work; in case of conflicts nothing is changed.',
    START_PREVIEW: 'Starts the preview and returns its URL; returns the present one if it runs already.',
    STOP_PREVIEW: 'Stops the preview.',
    REMOVE: 'Removes the directory, unless it contains unmerged work; with force, always.',
  },
)

export const WorkspaceOperationStatus = enumOf(
  'WorkspaceOperationStatus',
  OPERATION_STATUSES,
  'Status of an operation.',
  {
    REQUESTED: 'Waits for a worker of the machine.',
    STARTED: 'A worker performs it.',
    SUCCEEDED: 'Done.',
    FAILED: 'Not done; `error` says why.',
  },
)

export const PreviewStatus = enumOf('PreviewStatus', PREVIEW_STATUSES, 'Status of a preview.', {
  STOPPED: 'Not running.',
  STARTING: 'A worker is starting it.',
  RUNNING: 'Running.',
  FAILED: 'It could not be started, or it exited unexpectedly.',
})

export const WorkspaceNotReadyCause = enumOf(
  'WorkspaceNotReadyCause',
  NOT_READY_CAUSES,
  'Why an operation is not possible.',
  {
    REMOVED: 'The directory was removed.',
    REMOVING: 'The directory is being removed.',
    NOT_A_WORKTREE: 'It is a plain directory, without its own branch.',
    NO_RUN: 'No run that worked in it exists any more.',
    RUN_ACTIVE: 'A run works in it.',
    RUN_NOT_COMPLETED: 'The last run that worked in it did not complete.',
    NO_PREVIEW: 'It has no preview.',
  },
)

export const FileChange = enumOf('FileChange', FILE_CHANGES, 'How a file was changed.', {
  ADDED: 'It is new.',
  MODIFIED: 'Its content or mode changed.',
  DELETED: 'It was deleted.',
  RENAMED: 'It was renamed, possibly with changed content.',
})

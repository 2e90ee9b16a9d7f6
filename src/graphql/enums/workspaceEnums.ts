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

export const WorkspaceKind = enumOf(
  'WorkspaceKind',
  WORKSPACE_KINDS,
  'Whether a workspace belongs to a git repository.',
  {
    DIRECTORY: 'A plain directory.',
    WORKTREE: 'A git worktree with its own branch.',
  },
)

export const WorkspaceStatus = enumOf(
  'WorkspaceStatus',
  WORKSPACE_STATUSES,
  'Whether the directory of a workspace is still there.',
  {
    READY: 'Its directory exists.',
    REMOVED: 'Its directory was removed. Final.',
  },
)

export const WorkspaceOperationKind = enumOf(
  'WorkspaceOperationKind',
  OPERATION_KINDS,
  'An operation that the worker of its machine performs on a workspace.',
  {
    DIFF: 'Reports the differences between the work and its base commit.',
    MERGE: 'Merges the work; in case of conflicts nothing is changed.',
    START_PREVIEW: 'Starts the preview and returns its URL; returns the present one if it runs already.',
    STOP_PREVIEW: 'Ends the process of the preview; does nothing where none runs.',
    REMOVE: 'Removes the directory, unless it contains unmerged work; with force, always.',
  },
)

export const WorkspaceOperationStatus = enumOf(
  'WorkspaceOperationStatus',
  OPERATION_STATUSES,
  'How far an operation has come.',
  {
    REQUESTED: 'Waits for a worker of the machine.',
    STARTED: 'A worker performs it.',
    SUCCEEDED: 'Done.',
    FAILED: 'Not done; `error` says why.',
  },
)

export const PreviewStatus = enumOf(
  'PreviewStatus',
  PREVIEW_STATUSES,
  'Whether the program of a preview runs, as last reported.',
  {
    STOPPED: 'Not running.',
    STARTING: 'A worker is starting it.',
    RUNNING: 'Its program was started and has not exited.',
    FAILED: 'It could not be started, or it exited unexpectedly.',
  },
)

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
    NO_PREVIEW: 'No program of it runs that could be stopped.',
  },
)

export const FileChange = enumOf('FileChange', FILE_CHANGES, 'What became of a file since the base commit.', {
  ADDED: 'It is new.',
  MODIFIED: 'Its content or mode changed.',
  DELETED: 'It is no longer there.',
  RENAMED: 'It was renamed, possibly with changed content.',
})

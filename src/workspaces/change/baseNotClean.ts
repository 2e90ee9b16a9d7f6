import type { GitPlace } from '../git/place.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'

/** The error for a merge that would overwrite files in a checkout of the base branch. */
export function baseNotClean(
  { workTree }: GitPlace,
  files: readonly string[],
  cause?: unknown,
): WorkspaceError {
  return new WorkspaceError('HUMAN_REQUIRED', {
    code: 'BASE_NOT_CLEAN',
    message: `${workTree}, where the branch is checked out, has files of its own in the place of files that the merge changes`,
    hint: 'Commit, stash or remove them there, and ask again.',
    files,
    cause,
  })
}

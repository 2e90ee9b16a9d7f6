import { composeText } from '../../text/composeText.ts'
import { WorkspaceError, type WorkspaceErrorClass } from '../kit/workspaceError.ts'

/** Messages of git in English, and the errors that they are mapped to. */
const MEANINGS: readonly {
  readonly pattern: RegExp
  readonly errorClass: WorkspaceErrorClass
  readonly code: string
  readonly hint: string
}[] = [
  {
    pattern: /usage: git merge-tree/,
    errorClass: 'FATAL',
    code: 'GIT_TOO_OLD',
    hint: 'Install git 2.38 or newer where the worker runs.',
  },
  {
    pattern: /dubious ownership/,
    errorClass: 'FATAL',
    code: 'REPOSITORY_UNTRUSTED',
    hint: 'The repository belongs to another user; allow it with git config --global --add safe.directory.',
  },
  {
    pattern: /not a git repository/i,
    errorClass: 'FATAL',
    code: 'NOT_A_REPOSITORY',
    hint: 'Name a directory that is a git repository.',
  },
  {
    pattern: /\.lock': File exists/,
    errorClass: 'RECOVERABLE',
    code: 'REPOSITORY_LOCKED',
    hint: 'Another git is at work. If none is, one was killed: remove the lock file that is named.',
  },
  {
    // Git reports a filter that exits early as "remote end hung up"; no transfer ever starts here.
    pattern:
      /(clean|smudge) filter .* failed|external filter .* failed|process for external filter|remote end hung up/,
    errorClass: 'HUMAN_REQUIRED',
    code: 'FILTER_FAILED',
    hint: 'Install the program of the filter where the worker runs, have it fetch in the repository what it needs (git lfs fetch), and try again.',
  },
  {
    pattern: /unable to read (tree|blob)?|invalid object|could not fetch|promisor|missing (blob|tree|object)/,
    errorClass: 'HUMAN_REQUIRED',
    code: 'OBJECTS_MISSING',
    hint: 'The repository lacks what its commits name; no transfer is begun for it. Where it is a partial clone, have it complete: git fetch --refetch --no-filter.',
  },
  {
    pattern: /bad (numeric |boolean )?config/,
    errorClass: 'HUMAN_REQUIRED',
    code: 'SETTINGS_UNREADABLE',
    hint: 'Mend the file of settings that git names, and try again.',
  },
  {
    pattern: /No space left on device|Disk quota exceeded/i,
    errorClass: 'HUMAN_REQUIRED',
    code: 'DISK_FULL',
    hint: 'Make room on the disk.',
  },
  {
    pattern: /Permission denied|Operation not permitted|Read-only file system/i,
    errorClass: 'HUMAN_REQUIRED',
    code: 'PERMISSION_DENIED',
    hint: 'Give the user that the worker runs as the right to write there.',
  },
  {
    pattern: /cannot lock ref '[^']*': '[^']*' exists; cannot create/,
    errorClass: 'HUMAN_REQUIRED',
    code: 'BRANCH_NAME_TAKEN',
    hint: 'Rename the branch "pawl": branches of runs are called pawl/RUN.',
  },
]

/** The maximum length of git's own message in an error, in UTF-16 units; its end is kept. */
const MESSAGE_LENGTH = 2_000

/** Maps an exit of git to an error. */
export function explainExit(args: readonly string[], exit: number | string, stderr: string): WorkspaceError {
  const words = composeText(stderr.trim(), { max: MESSAGE_LENGTH, keep: 'END' })
  const message = `git ${args[0]} ended with ${exit}${words === '' ? '' : `: ${words}`}`
  const meaning = MEANINGS.find(({ pattern }) => pattern.test(stderr))
  if (meaning) return new WorkspaceError(meaning.errorClass, { ...meaning, message })
  return new WorkspaceError('HUMAN_REQUIRED', {
    code: 'GIT_FAILED',
    message,
    hint: 'See what git says, put the repository right, and try again.',
  })
}

/** The error for a git that can't be started. */
export function gitNotFound(cause: unknown): WorkspaceError {
  return new WorkspaceError('FATAL', {
    code: 'GIT_NOT_FOUND',
    message: 'git can not be started',
    hint: 'Install git 2.38 or newer where the worker runs, on its PATH.',
    cause,
  })
}

/** The error for a git that was stopped at its timeout. */
export function gitTimedOut(args: readonly string[], timeoutMs: number): WorkspaceError {
  return new WorkspaceError('RECOVERABLE', {
    code: 'GIT_TIMED_OUT',
    message: `git ${args[0]} was ended after ${timeoutMs / 1000} s`,
    hint: 'The repository may be large, or on a slow disk; try again.',
  })
}

/** The error for output of git beyond the limit. */
export function outputTooLong(args: readonly string[], maxBytes: number): WorkspaceError {
  return new WorkspaceError('FATAL', {
    code: 'GIT_OUTPUT_TOO_LONG',
    message: `git ${args[0]} put out more than ${maxBytes} bytes`,
    hint: 'The repository has more files or branches than can be handled.',
  })
}

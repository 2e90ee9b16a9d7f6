import { name } from '../kit/input.ts'

/** The worktree that a REVIEW is about. */
export const tree = name(
  'The git tree of the worktree, untracked files included, in hexadecimal: the digest of a REVIEW that is opened covers it, and readers compare it with that of a diff.',
  64,
)

/** Where a run works. */
export interface Workspace {
  /** The run that it was made for; runs that continue it share it. */
  readonly owner: string
  /** `WORKTREE`: a git worktree made for the run; `DIRECTORY`: one that was there, and stays. */
  readonly kind: 'WORKTREE' | 'DIRECTORY'
  /** Absolute and canonical. */
  readonly path: string
  /** The git directory that its commits go to, absolute and canonical; null for a directory. */
  readonly repository: string | null
  /** The branch made for the run; null for a directory. */
  readonly branch: string | null
  /** The branch that it began at and is merged into; null where it did not begin at one, and for a directory. */
  readonly base: string | null
  /** The commit that it began at; null for a directory. */
  readonly baseCommit: string | null
  /** What the repository keeps of the worktree, as it was when that was made; null for a directory, and where it is not known. */
  readonly gitDir: string | null
}

/** A workspace that is in use: it is neither merged nor removed until closed. */
export interface OpenWorkspace extends Workspace {
  /** Whether it was made, or made anew, by this opening. */
  readonly isNew: boolean
  /** Keeps it in use for as long as any process has this descriptor open. */
  readonly fd: number
  /** To be called once every process that works in it is gone. May be called again. */
  close(): void
}

/** A worktree, with the branch that its work is on. */
export interface Worktree extends Workspace {
  readonly kind: 'WORKTREE'
  readonly repository: string
  readonly branch: string
  readonly baseCommit: string
}

/** Whether a workspace is a worktree with a branch of its own. */
export function isWorktree(workspace: Workspace): workspace is Worktree {
  const { kind, repository, branch, baseCommit } = workspace
  return kind === 'WORKTREE' && repository !== null && branch !== null && baseCommit !== null
}

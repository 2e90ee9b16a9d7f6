/** The directory that a run works in. */
export interface Workspace {
  /** The run that the workspace was created for; runs that continue it share it. */
  readonly owner: string
  /** `WORKTREE`: a git worktree created for the run; `DIRECTORY`: an existing directory, which is never removed. */
  readonly kind: 'WORKTREE' | 'DIRECTORY'
  /** Absolute and canonical. */
  readonly path: string
  /** The git directory that its commits go to, absolute and canonical; null for a directory. */
  readonly repository: string | null
  /** The branch created for the run; null for a directory. */
  readonly branch: string | null
  /**
   * The branch that the run's branch started from and is merged into; null where it did not start from a branch,
   * and for a directory.
   */
  readonly base: string | null
  /** The commit that the run's branch started from; null for a directory. */
  readonly baseCommit: string | null
  /**
   * The repository's administrative folder of the worktree (`worktrees/NAME`), as recorded when the worktree was
   * created; null for a directory, and where it is unknown.
   */
  readonly gitDir: string | null
}

/** A workspace that is in use: it is neither merged nor removed until closed. */
export interface OpenWorkspace extends Workspace {
  /** Whether this call created the workspace, or created it again. */
  readonly isNew: boolean
  /** The descriptor that keeps the workspace in use for as long as any process has it open. */
  readonly fd: number
  /** Ends the use. Call it once every process that works in the workspace has ended. Idempotent. */
  close(): void
}

/** A workspace that is a git worktree, with the branch that its work is on. */
export interface Worktree extends Workspace {
  readonly kind: 'WORKTREE'
  readonly repository: string
  readonly branch: string
  readonly baseCommit: string
}

/** Whether a workspace is a worktree with its own branch. */
export function isWorktree(workspace: Workspace): workspace is Worktree {
  const { kind, repository, branch, baseCommit } = workspace
  return kind === 'WORKTREE' && repository !== null && branch !== null && baseCommit !== null
}

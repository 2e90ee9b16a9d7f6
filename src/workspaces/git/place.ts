/** The paths that git is run with: the repository, HEAD and index, and the working tree. */
export interface GitPlace {
  /** The git directory of commits and branches; absolute and canonical. */
  readonly repository: string
  /**
   * The directory of HEAD and the index: the repository itself, or its administrative folder of a linked worktree.
   */
  readonly gitDir: string
  /** The working tree; null for commands that need none. */
  readonly workTree: string | null
}

/** Returns the place of a repository without a working tree, for commands on its refs and commits. */
export function atRepository(repository: string): GitPlace {
  return { repository, gitDir: repository, workTree: null }
}

/** What git is run for: whose HEAD and index it uses, and where the files of it stand. */
export interface GitPlace {
  /** The git directory that commits and branches are in; absolute and canonical. */
  readonly repository: string
  /** Where HEAD and the index are: the repository itself, or what it keeps of a linked worktree. */
  readonly gitDir: string
  /** The folder of the files; null for what is about none. */
  readonly workTree: string | null
}

/** The branches and commits of a repository. */
export function atRepository(repository: string): GitPlace {
  return { repository, gitDir: repository, workTree: null }
}

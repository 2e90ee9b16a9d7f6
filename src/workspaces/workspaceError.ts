/** What to do about an error: try again, ask a person, or fail the run. */
export type WorkspaceErrorClass = 'RECOVERABLE' | 'HUMAN_REQUIRED' | 'FATAL'

/** What is wrong with a workspace, and what can be done about it. */
export interface WorkspaceTrouble {
  /** Short and stable, as `REPOSITORY_NOT_FOUND`. */
  readonly code: string
  readonly message: string
  /** What a person can do about it. */
  readonly hint: string
  /** Paths that it is about, as far as they are told; relative to the repository. */
  readonly files?: readonly string[]
  readonly cause?: unknown
}

/** A workspace, or a file in it, is not as it has to be. */
export class WorkspaceError extends Error {
  override readonly name = 'WorkspaceError'
  readonly code: string
  readonly hint: string
  /** Paths that it is about, relative to the repository; empty where it is about none. */
  readonly files: readonly string[]

  constructor(
    readonly errorClass: WorkspaceErrorClass,
    { code, message, hint, files = [], cause }: WorkspaceTrouble,
  ) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.hint = hint
    this.files = files
  }
}

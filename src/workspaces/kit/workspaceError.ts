import { composeText } from '../../text/composeText.ts'

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

/** The most of a message or a hint, in UTF-16 units. */
const MAX_LENGTH = 8_000

/** A workspace, or a file in it, is not as it has to be. What it says can be stored, whatever words it quotes. */
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
    super(composeText(message, { max: MAX_LENGTH }), cause === undefined ? undefined : { cause })
    this.code = code
    this.hint = composeText(hint, { max: MAX_LENGTH })
    this.files = files.map((path) => composeText(path))
  }
}

import { composeText } from '../../text/composeText.ts'

/** How to handle an error: RECOVERABLE is retried, HUMAN_REQUIRED needs a person, FATAL fails the run. */
export type WorkspaceErrorClass = 'RECOVERABLE' | 'HUMAN_REQUIRED' | 'FATAL'

/** The fields of a workspace error. */
export interface WorkspaceTrouble {
  /** Short and stable, such as `REPOSITORY_NOT_FOUND`. */
  readonly code: string
  readonly message: string
  /** What a person can do about it. */
  readonly hint: string
  /** The affected paths, where they are reported; relative to the repository. */
  readonly files?: readonly string[]
  readonly cause?: unknown
}

/** The maximum length of a message or a hint, in UTF-16 units. */
const MAX_LENGTH = 8_000

/** A problem with a workspace or a file in it. Its texts are safe to store, whatever they quote. */
export class WorkspaceError extends Error {
  override readonly name = 'WorkspaceError'
  readonly code: string
  readonly hint: string
  /** The affected paths, relative to the repository; empty where there are none. */
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

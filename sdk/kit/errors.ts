/** Base class of all errors the SDK throws. An aborted call throws its signal's `reason` instead. */
export class PawlError extends Error {
  override readonly name: string = 'PawlError'
}

/** The given address is not a valid server address; the message says what to write instead. */
export class PawlAddressError extends PawlError {
  override readonly name = 'PawlAddressError'
}

/** The fields of every refusal: its type, and a message for people. */
export interface Problem {
  readonly __typename: string
  readonly message: string
}

/** The server refused a command. Thrown only by `unwrap`: calls return refusals as values. */
export class PawlProblem<P extends Problem = Problem> extends PawlError {
  override readonly name = 'PawlProblem'
  /** The refusal as the server sent it, with the current state in its fields. */
  readonly problem: P

  constructor(problem: P) {
    super(problem.message)
    this.problem = problem
  }
}

/** The server could not answer: the request was malformed, or the server failed. */
export class PawlFault extends PawlError {
  override readonly name: string = 'PawlFault'
  /**
   * The server's code, such as `RUN_NOT_FOUND`, `INVALID_ID`, `CONTENDED` or `INTERNAL`; `HTTP_404` and the like if the
   * answer was not GraphQL.
   */
  readonly code: string
  /** Identifies the fault in the server's log, if the server sent one. */
  readonly correlationId: string | undefined

  constructor(message: string, code: string, correlationId?: string) {
    super(message)
    this.code = code
    this.correlationId = correlationId
  }
}

/** The feed's cursor is too old or of another database: list the runs again and resume from the new `feedCursor`. */
export class PawlCursorExpiredError extends PawlFault {
  override readonly name = 'PawlCursorExpiredError'
}

/**
 * No valid token (`UNAUTHENTICATED`: missing, unknown, expired or revoked), or a token without the permission
 * (`FORBIDDEN`).
 */
export class PawlAuthError extends PawlError {
  override readonly name = 'PawlAuthError'
  readonly code: 'UNAUTHENTICATED' | 'FORBIDDEN'

  constructor(message: string, code: 'UNAUTHENTICATED' | 'FORBIDDEN') {
    super(message)
    this.code = code
  }
}

/**
 * Every attempt failed to reach the server or lost its answer. A mutation may have been applied: retry it with the same
 * `idempotencyKey` to find out; it is never applied twice.
 */
export class PawlConnectionError extends PawlError {
  override readonly name = 'PawlConnectionError'
  /** The number of attempts made. */
  readonly attempts: number
  /** The key of all attempts; undefined for operations without one. */
  readonly idempotencyKey: string | undefined
  /** The HTTP status of a proxy, or of a server that is temporarily unavailable; undefined if there was no answer. */
  readonly status: number | undefined

  constructor(
    message: string,
    options: {
      cause?: unknown
      attempts?: number
      idempotencyKey?: string | undefined
      status?: number | undefined
    } = {},
  ) {
    super(message, { cause: options.cause })
    this.status = options.status
    this.attempts = options.attempts ?? 1
    this.idempotencyKey = options.idempotencyKey
  }
}

/**
 * Why an owner has to stop: a directive (`PAUSE`, `CANCEL`, `STOP`, `LEASE_LOST`), a lease not renewed for two thirds
 * of its period (`NOT_RENEWED`), or its worker being stopped (`SHUTDOWN`).
 */
export type Interruption = 'PAUSE' | 'CANCEL' | 'STOP' | 'LEASE_LOST' | 'NOT_RENEWED' | 'SHUTDOWN'

/** The reason with which an owner's `signal` aborts: it has to stop its work. */
export class PawlInterruptedError extends PawlError {
  override readonly name = 'PawlInterruptedError'
  /** With `NOT_RENEWED`, `cause` is why the last renewal failed. */
  readonly why: Interruption

  constructor(why: Interruption, cause?: unknown) {
    super(`The owner has to stop: ${why}`, { cause })
    this.why = why
  }
}

/** A GraphQL error in a response. */
export interface GraphqlError {
  readonly message: string
  readonly extensions?: { readonly code?: string; readonly correlationId?: string }
}

/** The error to throw for the first of a response's errors. */
export function toError(errors: readonly GraphqlError[], status?: number): PawlError {
  const [error] = errors
  const message = error?.message ?? 'The server answered with an empty list of errors'
  const code = error?.extensions?.code ?? (status === 401 ? 'UNAUTHENTICATED' : 'UNKNOWN')
  if (code === 'UNAUTHENTICATED' || code === 'FORBIDDEN') return new PawlAuthError(message, code)
  const kind = code === 'CURSOR_EXPIRED' ? PawlCursorExpiredError : PawlFault
  return new kind(message, code, error?.extensions?.correlationId)
}

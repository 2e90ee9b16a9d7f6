/** Anything the SDK throws by itself. An aborted call throws its signal's `reason` instead. */
export class PawlError extends Error {
  override readonly name: string = 'PawlError'
}

/** The given address is not that of a server; the message says what to write instead. */
export class PawlAddressError extends PawlError {
  override readonly name = 'PawlAddressError'
}

/** What every refusal has: its type, and a sentence for people. */
export interface Problem {
  readonly __typename: string
  readonly message: string
}

/** The server refused, and said why. Thrown by `unwrap` only: calls answer with refusals as values. */
export class PawlProblem<P extends Problem = Problem> extends PawlError {
  override readonly name = 'PawlProblem'
  /** The refusal as the server answered it, with the current truth in its fields. */
  readonly problem: P

  constructor(problem: P) {
    super(problem.message)
    this.problem = problem
  }
}

/** The server could not answer: a malformed request, or a fault of its own. */
export class PawlFault extends PawlError {
  override readonly name: string = 'PawlFault'
  /** The server's code, as `RUN_NOT_FOUND`, `INVALID_ID`, `CONTENDED` or `INTERNAL`; `HTTP_404` and the like where no GraphQL came. */
  readonly code: string
  /** Finds the fault in the server's log, where the server gave one. */
  readonly correlationId: string | undefined

  constructor(message: string, code: string, correlationId?: string) {
    super(message)
    this.code = code
    this.correlationId = correlationId
  }
}

/** The feed's cursor is too old or of another database: list the runs again and go on from the new `feedCursor`. */
export class PawlCursorExpiredError extends PawlFault {
  override readonly name = 'PawlCursorExpiredError'
}

/** No valid token (`UNAUTHENTICATED`: missing, unknown, expired or revoked), or one that may not do this (`FORBIDDEN`). */
export class PawlAuthError extends PawlError {
  override readonly name = 'PawlAuthError'
  readonly code: 'UNAUTHENTICATED' | 'FORBIDDEN'

  constructor(message: string, code: 'UNAUTHENTICATED' | 'FORBIDDEN') {
    super(message)
    this.code = code
  }
}

/**
 * The server was not reached, or its answer was lost, in every attempt. A mutation may have been done: asking again with the
 * same `idempotencyKey` tells, and never does it twice.
 */
export class PawlConnectionError extends PawlError {
  override readonly name = 'PawlConnectionError'
  /** How often it was tried. */
  readonly attempts: number
  /** The key all attempts carried; undefined for what needs none. */
  readonly idempotencyKey: string | undefined
  /** The HTTP status of what answered in the server's place, or of a server that can't at the moment; undefined where nothing did. */
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
 * Why an owner has to stop: what it was told (`PAUSE`, `CANCEL`, `STOP`, `LEASE_LOST`), that its lease could not be renewed
 * until two thirds of it had passed (`NOT_RENEWED`), or that its worker is being stopped (`SHUTDOWN`).
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

/** A GraphQL error as servers send it. */
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

/** Where an error keeps the names of its classes, which all copies of the SDK in a program share. */
const KINDS = Symbol.for('@pawl/sdk/kinds')

/**
 * Base class of all errors the SDK throws. An aborted call throws its signal's `reason` instead. `instanceof` holds for
 * errors of any copy of the SDK, so that a program may load it both by `import` and by `require`.
 */
export class PawlError extends Error {
  /** The name of the class, whatever a bundler calls it. */
  static readonly kind: string = 'PawlError'
  override readonly name: string

  constructor(message?: string, options?: ErrorOptions) {
    super(message, options)
    const kinds: string[] = []
    for (let each: unknown = new.target; isKind(each); each = Object.getPrototypeOf(each))
      kinds.push(each.kind)
    Object.defineProperty(this, KINDS, { value: kinds })
    this.name = new.target.kind
  }

  static override [Symbol.hasInstance](this: unknown, value: unknown): boolean {
    // A class derived from these has no name of its own, and instances as any other.
    if (!isKind(this) || !Object.hasOwn(this, 'kind'))
      return Function.prototype[Symbol.hasInstance].call(this as never, value)
    return (Object(value) as { [KINDS]?: readonly string[] })[KINDS]?.includes(this.kind) ?? false
  }
}

function isKind(value: unknown): value is { readonly kind: string } {
  return typeof value === 'function' && 'kind' in value
}

/** The given address is not a valid server address; the message says what to write instead. */
export class PawlAddressError extends PawlError {
  static override readonly kind: string = 'PawlAddressError'
  declare readonly name: 'PawlAddressError'
}

/** The fields of every refusal: its type, and a message for people. */
export interface Problem {
  readonly __typename: string
  /** What is wrong and what to do next, for a person. */
  readonly message: string
}

/** The server refused a command. Thrown only by `unwrap`: calls return refusals as values. */
export class PawlProblem<P extends Problem = Problem> extends PawlError {
  static override readonly kind: string = 'PawlProblem'
  declare readonly name: 'PawlProblem'
  /** The refusal as the server sent it, with the current state in its fields. */
  readonly problem: P

  constructor(problem: P) {
    super(problem.message)
    this.problem = problem
  }
}

/** What went wrong, as far as this version knows; a newer server may send others. */
export type FaultCode =
  | 'BAD_USER_INPUT'
  | 'BAD_REQUEST'
  | 'CONTENT_REMOVED'
  | 'CONTENDED'
  | 'CSRF'
  | 'CURSOR_EXPIRED'
  | 'DOCUMENT_NOT_TRUSTED'
  | 'DOCUMENT_TOO_LARGE'
  | 'INTERNAL'
  | 'PERSISTED_QUERY_NOT_FOUND'
  | 'QUERY_TOO_COMPLEX'
  | 'RUN_NOT_FOUND'
  | 'SESSION_NOT_FOUND'
  | 'WORKSPACE_NOT_FOUND'
  | 'TOO_MANY_SUBSCRIPTIONS'
  /** The answer was not GraphQL; the status of HTTP. */
  | `HTTP_${number}`
  /** The socket was closed with this code. */
  | `SOCKET_${number}`
  | 'SOCKET_MESSAGE'
  | 'UNKNOWN'
  // Keeps the names above in an editor's list.
  | (string & {})

/** The server could not answer: the request was malformed, or the server failed. */
export class PawlFault extends PawlError {
  static override readonly kind: string = 'PawlFault'
  /**
   * The server's code, such as `RUN_NOT_FOUND`, `CONTENDED` or `INTERNAL`; `HTTP_404` and the like if the
   * answer was not GraphQL.
   */
  readonly code: FaultCode
  /** Identifies the fault in the server's log, if the server sent one. */
  readonly correlationId: string | undefined

  constructor(message: string, code: FaultCode, correlationId?: string) {
    super(message)
    this.code = code
    this.correlationId = correlationId
  }
}

/** The feed's cursor is too old or of another database: list the runs again and resume from the new `feedCursor`. */
export class PawlCursorExpiredError extends PawlFault {
  static override readonly kind: string = 'PawlCursorExpiredError'
  declare readonly name: 'PawlCursorExpiredError'
}

/**
 * No valid token (`UNAUTHENTICATED`: missing, unknown, expired or revoked), or a token without the permission
 * (`FORBIDDEN`).
 */
export class PawlAuthError extends PawlError {
  static override readonly kind: string = 'PawlAuthError'
  declare readonly name: 'PawlAuthError'
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
  static override readonly kind: string = 'PawlConnectionError'
  declare readonly name: 'PawlConnectionError'
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
  static override readonly kind: string = 'PawlInterruptedError'
  declare readonly name: 'PawlInterruptedError'
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
  const message = error?.message ?? 'The server answered no error'
  const code = error?.extensions?.code ?? (status === 401 ? 'UNAUTHENTICATED' : 'UNKNOWN')
  if (code === 'UNAUTHENTICATED' || code === 'FORBIDDEN') return new PawlAuthError(message, code)
  const kind = code === 'CURSOR_EXPIRED' ? PawlCursorExpiredError : PawlFault
  return new kind(message, code, error?.extensions?.correlationId)
}

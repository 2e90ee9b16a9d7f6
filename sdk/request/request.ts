import { completeRetry } from './connection.ts'
import type { Connection } from './connection.ts'
import { answerOf } from '../kit/document.ts'
import type { Answer, TypedDocument } from '../kit/document.ts'
import { PawlAuthError, PawlConnectionError, PawlFault } from '../kit/errors.ts'
import type { Send } from './batch.ts'
import { postOperation } from './http.ts'
import { pause } from '../kit/pause.ts'
import { backoffDelay, withDeadline } from './retry.ts'
import type { RetryOptions } from './retry.ts'

/** What every call takes in addition to its own fields. */
export interface CallOptions {
  /** Ends the call; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Overrides the client's retry options for this call. */
  readonly retry?: Partial<RetryOptions> | undefined
}

/** The variables of an operation, which may have none. */
type Given<V> = V extends Record<string, never> ? unknown : V

/** Sends operations; the rest of the SDK is built on it. */
export interface Requests {
  /** Sends any document, which may safely be sent twice, and answers with its data. */
  send<R, V>(document: TypedDocument<R, V>, variables: V, options?: CallOptions): Promise<R>
  /** Sends an operation of the SDK that may safely be sent twice; the options stand among its variables. */
  query<R, V>(document: TypedDocument<R, V>, variables: Given<V> & CallOptions): Promise<Answer<R>>
  /** As `query`, for an operation with an input, which the options stand among. */
  queryWith<R, I>(document: TypedDocument<R, { input: I }>, input: I & CallOptions): Promise<Answer<R>>
  /** Sends a mutation under the given idempotency key or a fresh one, the same in every attempt. */
  mutate<R, I extends Keyed>(
    document: TypedDocument<R, { input: I }>,
    input: I & CallOptions,
  ): Promise<Answer<R>>
  /** As `mutate`, for an input that has fields named like the options. */
  mutateWith<R, I extends Keyed>(
    document: TypedDocument<R, { input: I }>,
    input: I,
    options: CallOptions,
  ): Promise<Answer<R>>
}

interface Keyed {
  idempotencyKey?: string | null | undefined
}

/** Creates the ways to send operations to a server. */
export function createRequests(connection: Connection): Requests {
  const sendOnce = createSend(connection)

  async function sendUntilAnswered<R, V>(
    document: TypedDocument<R, V>,
    variables: V,
    { signal, retry: given }: CallOptions,
    idempotencyKey?: string,
  ): Promise<R> {
    const retry = completeRetry(connection.retry, given)
    let renewed = false
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await withDeadline(signal, retry.timeoutMs, (attemptSignal) =>
          sendOnce(document, variables, attemptSignal),
        )
      } catch (error) {
        signal?.throwIfAborted()
        if (isStale(error) && connection.renewsToken && !renewed) {
          renewed = true
          continue
        }
        if (!isRetryable(error)) throw error
        if (attempt >= retry.attempts) throw describeGivingUp(error, attempt, idempotencyKey)
        await pause(backoffDelay(attempt, retry), signal)
      }
    }
  }

  async function ask<R, V>(
    document: TypedDocument<R, V>,
    variables: V,
    options: CallOptions,
    idempotencyKey?: string,
  ): Promise<Answer<R>> {
    const data: R = await sendUntilAnswered(document, variables, options, idempotencyKey)
    return answerOf(data)
  }
  const mutateWith: Requests['mutateWith'] = (document, input, options) => {
    const idempotencyKey = input.idempotencyKey ?? createKey()
    return ask(document, { input: { ...input, idempotencyKey } }, options, idempotencyKey)
  }
  return {
    send: (document, variables, options = {}) => sendUntilAnswered(document, variables, options),
    query: (document, { signal, retry, ...variables }) =>
      ask(document, variables as never, { signal, retry }),
    queryWith: (document, { signal, retry, ...input }) =>
      ask(document, { input } as never, { signal, retry }),
    mutate: (document, { signal, retry, ...input }) =>
      mutateWith(document, input as never, { signal, retry }),
    mutateWith,
  }
}

/** 128 random bits. Not `crypto.randomUUID`, which pages served over plain HTTP lack. */
export function createKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** A way to send an operation once: by itself, or with others of the same moment. */
function createSend(connection: Connection): Send {
  if (!connection.batch)
    return (document, variables, signal) => postOperation(connection, document, variables, signal)
  let loaded: Promise<Send> | undefined
  return async (document, variables, signal) => {
    loaded ??= import('./batch.ts').then(({ createBatch }) => createBatch(connection))
    return (await loaded)(document, variables, signal)
  }
}

/** Whether reading the token again may help. */
function isStale(error: unknown): boolean {
  return error instanceof PawlAuthError && error.code === 'UNAUTHENTICATED'
}

function isRetryable(error: unknown): error is PawlConnectionError | PawlFault {
  return error instanceof PawlConnectionError || (error instanceof PawlFault && error.code === 'CONTENDED')
}

function describeGivingUp(
  error: PawlConnectionError | PawlFault,
  attempts: number,
  idempotencyKey: string | undefined,
) {
  if (error instanceof PawlFault) return error
  const { message, cause, status } = error
  return new PawlConnectionError(message, { cause, attempts, idempotencyKey, status })
}

import { randomUUID } from 'node:crypto'
import { GraphQLError } from 'graphql'
import type { MaskError } from 'graphql-yoga'
import { ContendedError } from '../../commands/kit/context.ts'
import type { Log } from '../../log.ts'
import { findTransientFault, TRANSIENT_FAULT_MESSAGES } from '../../store/sql/transientFaults.ts'

/**
 * Decides what callers learn of an error. An error made for them passes; a fault that a retry may avoid is `CONTENDED`; anything else is
 * `INTERNAL` with a correlation id, under which the log has the details.
 */
export function createMask(log: Log): MaskError {
  return (error) => {
    const cause = findCause(error)
    if (cause === undefined) return error as GraphQLError
    if (cause instanceof ContendedError) return locate(error, cause.message, { code: cause.code })
    const hindrance = findTransientFault(cause)
    if (hindrance) {
      log.warn({ err: cause }, 'graphql.execution_failed')
      return locate(error, TRANSIENT_FAULT_MESSAGES[hindrance], { code: 'CONTENDED', http: { status: 503 } })
    }
    const correlationId = randomUUID()
    log.error({ correlationId, err: cause }, 'graphql.execution_failed')
    const message = `Internal server error. The server's log has details under ${correlationId}.`
    return locate(error, message, { code: 'INTERNAL', correlationId, http: { spec: true, status: 500 } })
  }
}

/** The original error behind a GraphQLError; undefined if there is none, so that it was made for callers. */
function findCause(error: unknown): unknown {
  if (!(error instanceof GraphQLError)) return error
  return error.originalError === undefined || error.originalError === null
    ? undefined
    : findCause(error.originalError)
}

function locate(error: unknown, message: string, extensions: Record<string, unknown>): GraphQLError {
  if (!(error instanceof GraphQLError)) return new GraphQLError(message, { extensions })
  return new GraphQLError(message, { ...placeOf(error), extensions })
}

function placeOf({ nodes, source, positions, path }: GraphQLError) {
  return { nodes: nodes ?? null, source: source ?? null, positions: positions ?? null, path: path ?? null }
}

/** Gives an error of a request that can't be executed the HTTP status 400; leaves others unchanged. */
export function toBadRequest(error: GraphQLError): GraphQLError {
  if (error.extensions['code'] !== 'BAD_USER_INPUT') return error
  const extensions = { ...error.extensions, http: { spec: true, status: 400 } }
  return new GraphQLError(error.message, { ...placeOf(error), extensions })
}

/** Removes the HTTP extensions from an error that is sent over a socket. */
export function toSocketError(error: GraphQLError): GraphQLError {
  if (!('http' in error.extensions)) return error
  const { http: _, ...extensions } = error.extensions
  return new GraphQLError(error.message, { ...placeOf(error), extensions })
}

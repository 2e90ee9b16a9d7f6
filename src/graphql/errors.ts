import { GraphQLError } from 'graphql'
import type { Refused } from '../commands/answers.ts'
import { CursorExpiredError } from '../store/feedCursor.ts'

/**
 * The codes of GraphQL errors (`extensions.code`). Refusals of mutations are no errors: they are members of the
 * mutation's result.
 */
export type ErrorCode =
  | 'BAD_USER_INPUT'
  | 'CONTENDED'
  | 'CURSOR_EXPIRED'
  | 'FORBIDDEN'
  | 'INVALID_ID'
  | 'QUERY_TOO_COMPLEX'
  | 'RUN_NOT_FOUND'
  | 'SESSION_NOT_FOUND'
  | 'UNAUTHENTICATED'
  | 'WORKSPACE_NOT_FOUND'

/** An error that a client may see, as it is. */
export function failWith(code: ErrorCode, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } })
}

/** What ends a stream, or keeps it from beginning, where its reader may know. Throws anything else. */
export function toStreamError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error
  if (error instanceof CursorExpiredError) return failWith(error.code, error.message)
  throw error
}

/** Throws where a reader is refused: queries and subscriptions have no member of a result to say it with. */
export function throwRefused(answer: { readonly ok: true } | Refused | undefined): void {
  if (!answer || answer.ok) return
  throw failWith(
    answer.problem.type === 'RunNotFound' ? 'RUN_NOT_FOUND' : 'FORBIDDEN',
    answer.problem.message,
  )
}

import { GraphQLError } from 'graphql'
import type { Refused } from '../../commands/kit/answers.ts'
import { CursorExpiredError } from '../../store/feed/feedCursor.ts'
import { composeText } from '../../text/composeText.ts'

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
  return new GraphQLError(composeText(message), { extensions: { code } })
}

/** The same error, which says that the request is wrong where it has no code of its own. It does not repeat all that was sent. */
export function blameRequest(error: GraphQLError): GraphQLError {
  const { message, nodes, source, positions, path, originalError, extensions } = error
  if (extensions['code'] !== undefined) return error
  return new GraphQLError(composeText(message, { max: MAX_LENGTH, keep: 'BOTH' }), {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    path: path ?? null,
    originalError: originalError ?? null,
    extensions: { ...extensions, code: 'BAD_USER_INPUT' satisfies ErrorCode },
  })
}

/** How much of a message is kept, in UTF-16 units: of its two ends, since a value that is wrong stands in the middle, whole. */
const MAX_LENGTH = 800

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

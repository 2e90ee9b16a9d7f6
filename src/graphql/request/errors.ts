import { GraphQLError } from 'graphql'
import type { RefusedWith } from '../../commands/kit/answers.ts'
import { CursorExpiredError } from '../../store/feed/feedCursor.ts'
import { ContentRemovedError } from '../../events/tailTranscript.ts'
import { composeText } from '../../text/composeText.ts'

/**
 * The codes of GraphQL errors (`extensions.code`). Refusals of mutations are not errors: they are members of the
 * mutation's result.
 */
export type ErrorCode =
  | 'BAD_USER_INPUT'
  | 'CONTENT_REMOVED'
  | 'CONTENDED'
  | 'CURSOR_EXPIRED'
  | 'FORBIDDEN'
  | 'QUERY_TOO_COMPLEX'
  | 'RUN_NOT_FOUND'
  | 'SESSION_NOT_FOUND'
  | 'UNAUTHENTICATED'
  | 'WORKSPACE_NOT_FOUND'

/** Builds an error that is shown to clients unchanged. */
export function failWith(code: ErrorCode, message: string): GraphQLError {
  return new GraphQLError(composeText(message), { extensions: { code } })
}

/** Marks an error without a code as BAD_USER_INPUT, with a shortened message that does not repeat the whole input. */
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

/**
 * Maximum length of a message, in UTF-16 units. Both ends are kept, because graphql-js quotes the whole invalid value
 * in the middle.
 */
const MAX_LENGTH = 800

/**
 * Converts an error that ends or prevents a stream, if the client may see it.
 *
 * @throws any other error
 */
export function toStreamError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error
  if (error instanceof CursorExpiredError || error instanceof ContentRemovedError)
    return failWith(error.code, error.message)
  throw error
}

/**
 * Throws for a refused read: queries and subscriptions have no result member for refusals.
 *
 * @throws RUN_NOT_FOUND or FORBIDDEN
 */
export function throwRefused<Answer extends { readonly ok: true } | RefusedWith | undefined>(
  answer: Answer,
): asserts answer is Exclude<Answer, RefusedWith> {
  if (!answer || answer.ok) return
  throw failWith(answer.problem.type === 'NotFound' ? 'RUN_NOT_FOUND' : 'FORBIDDEN', answer.problem.message)
}

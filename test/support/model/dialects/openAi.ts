import type { ErrorResponse } from '../dialect.ts'
import type { ClaimedUsage, Failure } from '../script.ts'

/** Errors of OpenAI, the same in both of its interfaces. */
export function refuse({ kind, resetSeconds = 20 }: Failure): ErrorResponse {
  const headers = { 'retry-after': String(resetSeconds) }
  switch (kind) {
    case 'UNAUTHORIZED':
      return respond(401, 'invalid_request_error', 'invalid_api_key', 'Incorrect API key provided: scripted.')
    case 'UNPAID':
      return respond(
        429,
        'insufficient_quota',
        'insufficient_quota',
        'You exceeded your current quota, please check your plan and billing details.',
      )
    case 'RATE_LIMITED':
      return {
        ...respond(
          429,
          'requests',
          'rate_limit_exceeded',
          `Rate limit reached for scripted on requests per min (RPM). Please try again in ${resetSeconds}s.`,
        ),
        headers: { ...headers, 'x-ratelimit-reset-requests': `${resetSeconds}s` },
      }
    case 'OVERLOADED':
      return {
        ...respond(503, 'server_error', 'server_is_overloaded', 'The server is overloaded.'),
        headers,
      }
    case 'CONTEXT_FULL':
      return respond(
        400,
        'invalid_request_error',
        'context_length_exceeded',
        'Your input exceeds the context window of this model. Please adjust your input and try again.',
      )
    case 'MODEL_GONE':
      return respond(
        404,
        'invalid_request_error',
        'model_not_found',
        'The model `scripted` does not exist or you do not have access to it.',
      )
  }
}

function respond(status: number, type: string, code: string, message: string): ErrorResponse {
  return { status, body: { error: { message, type, param: null, code } } }
}

/** Token counts, by the names of one of OpenAI's interfaces. */
export function countTokens(
  { input, cached, output, reasoning }: ClaimedUsage,
  [asked, answered]: readonly ['input' | 'prompt', 'output' | 'completion'],
): Readonly<Record<string, unknown>> {
  return {
    [`${asked}_tokens`]: input,
    [`${asked}_tokens_details`]: { cached_tokens: cached },
    [`${answered}_tokens`]: output,
    [`${answered}_tokens_details`]: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  }
}

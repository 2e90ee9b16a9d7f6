import { RequestError } from '@agentclientprotocol/sdk'
import type { z } from 'zod'
import { composeText } from '../../text/composeText.ts'
import { AgentError } from '../kit/adapter.ts'
import type { AgentFailure } from '../kit/adapter.ts'
import { orAborted } from '../kit/waiting.ts'

/** How long an answer is waited for. */
export interface AnswerLimits {
  /** In milliseconds. */
  readonly limitMs: number
  /** Ends the waiting. */
  readonly signal: AbortSignal
}

/** What the protocol reserves for a login that is missing. */
const AUTH_REQUIRED = -32_000
/** The most of an agent's own words about an error, in UTF-16 units. */
const MAX_WORDS = 2_000

/** What is kept of an agent's own words about an error. */
export const composeWords = (words: string): string => composeText(words, { max: MAX_WORDS })

/** Whether the agent says that nobody is logged in. */
export function isAuthRequired({ code }: RequestError): boolean {
  return code === AUTH_REQUIRED
}

/** An error that the agent answered with. */
export function toFailure({ code, message, data }: RequestError): AgentFailure {
  const { details, message: inner } =
    typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {}
  const more = [typeof data === 'string' ? data : undefined, details, inner].find(
    (each): each is string => typeof each === 'string' && !message.includes(each),
  )
  return {
    code,
    message: composeWords(more === undefined ? message : `${message}: ${more}`),
  }
}

/**
 * The agent's answer to a request, checked.
 *
 * @throws AgentError where it answers with an error (its `cause`), with something else, or not in time
 */
export async function answerOf<T>(
  answer: Promise<unknown>,
  schema: z.ZodType<T>,
  method: string,
  { limitMs, signal }: AnswerLimits,
): Promise<T> {
  const late = AbortSignal.timeout(limitMs)
  let given: unknown
  try {
    given = await orAborted(answer, AbortSignal.any([signal, late]))
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (late.aborted) throw notReady(`it did not answer ${method} within ${limitMs / 1_000} s`, error)
    throw error instanceof RequestError
      ? refused(method, error)
      : notReady(`it ended before it answered ${method}`, error)
  }
  const read = schema.safeParse(given)
  if (read.success) return read.data
  throw notReady(`what it answered to ${method} is not what the protocol says`, read.error)
}

function refused(method: string, error: RequestError): AgentError {
  const { message } = toFailure(error)
  if (isAuthRequired(error))
    return new AgentError(
      'HUMAN_REQUIRED',
      'AGENT_NOT_LOGGED_IN',
      `the agent has no login that its model accepts: ${message}`,
      'Log in to it as the user of the worker, or give the worker the variable with its key, then decide for a retry.',
      { cause: error },
    )
  return new AgentError(
    'RECOVERABLE',
    'AGENT_NOT_READY',
    `the agent refused ${method}: ${message}`,
    'See what it said, in the transcript of its session.',
    { cause: error },
  )
}

function notReady(why: string, cause: unknown): AgentError {
  return new AgentError(
    'RECOVERABLE',
    'AGENT_NOT_READY',
    `the agent can't be spoken to: ${why}`,
    'See whether its command speaks the Agent Client Protocol, and what it said, in the transcript of its session.',
    { cause },
  )
}

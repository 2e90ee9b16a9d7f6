import { describe, expect, it } from 'vitest'
import { nameCredential } from '../../../src/adapters/credentials.ts'
import { agentDefinitionSchema } from '../../../src/adapters/kit/agentDefinition.ts'
import { classifyFailure, saysSessionUnknown } from '../../../src/adapters/kit/modelError.ts'

const NOW = Date.parse('2026-12-01T12:00:00Z')
const classify = (message: string, code: number | string | null = null) =>
  classifyFailure({ code, message }, NOW)

describe('an error of the model', () => {
  it.each([
    ['AUTH', 'unexpected status 401 Unauthorized: Incorrect API key provided: scripted., url: http://x'],
    ['AUTH', 'Authentication required', -32_000],
    [
      'AUTH',
      '[API Error: {"error":{"code":401,"message":"API key not valid. Please pass a valid API key."}}]',
    ],
    ['AUTH', 'Invalid API key · Please run /login', 'authentication_failed'],
    ['AUTH', 'denied', 401],
    ['BILLING', 'Quota exceeded. Check your plan and billing details.'],
    ['BILLING', 'Your credit balance is too low to access the Anthropic API.'],
    ['RATE_LIMITED', 'Reconnecting... 1/5 (exceeded retry limit, last status: 429 Too Many Requests)'],
    [
      'RATE_LIMITED',
      'You exceeded your current quota, please check your plan and billing details. Please retry in 20s.',
    ],
    ['OVERLOADED', 'Overloaded', 529],
    ['OVERLOADED', '{"error":{"code":503,"message":"Please try again later.","status":"UNAVAILABLE"}}'],
    [
      'CONTEXT_FULL',
      "Codex ran out of room in the model's context window. Start a new thread or clear earlier history.",
    ],
    [
      'CONTEXT_FULL',
      'Internal error: Session too large to compact - context exceeds model limit even after stripping media',
    ],
    [
      'CONTEXT_FULL',
      'Internal error: Conversation history too large to compact - exceeds model context limit',
    ],
    ['CONTEXT_FULL', 'prompt is too long: 205616 tokens > 200000 maximum'],
    [
      'CONTEXT_FULL',
      'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
    ],
    ['MODEL_GONE', 'The model `scripted` does not exist or you do not have access to it.'],
    ['MODEL_GONE', '[API Error: models/scripted is not found for API version v1beta.]'],
    ['REFUSED', 'Your request was flagged by our content policy', 'content_policy_violation'],
  ])('is told as %s by %j', (expected, message, code: number | string | null = null) => {
    expect(classify(message, code)?.class).toBe(expected)
  })

  it.each(['Connection refused', 'the tests failed: 500 of 503', 'SyntaxError: Unexpected token', ''])(
    'is not %j',
    (message) => {
      expect(classify(message)).toBe(null)
    },
  )

  it.each([
    ['Rate limit reached. Please try again in 1m30.5s.', 90_500],
    ['Rate limit: retry after 20 seconds', 20_000],
    ['429 {"retryDelay":"7s"}', 7_000],
    ["You've hit your usage limit. Try again in 2 hours 5 minutes.", 7_500_000],
    ['Usage limit reached|1796130000', 1_796_130_000_000 - NOW],
    ['rate limited, resets at 2026-12-01T13:00:00Z', 3_600_000],
  ])('says in %j when it is over', (message, ms) => {
    expect((classify(message)?.resetAt ?? 0) - NOW).toBe(ms)
  })

  it('says nothing of when where it does not know', () => {
    expect(classify('429 Too Many Requests')?.resetAt).toBe(null)
  })
})

it('names the credential by its variables, never by their values', () => {
  const of = (program: string, env: Record<string, string>) =>
    nameCredential(
      agentDefinitionSchema.parse({ adapter: 'process', command: [program], prompt: 'stdin' }),
      env,
    )
  expect(of('/opt/bin/codex', { OPENAI_API_KEY: 'sk-1' })).toBe(
    'OPENAI_API_KEY, or the login of `codex login`',
  )
  expect(of('gemini', {})).toBe('the login of `gemini` (GEMINI_API_KEY and GOOGLE_API_KEY not set)')
  expect(of('mine', { A_KEY: 'x' })).toBe('the credential of mine')
})

it.each([
  'No conversation found with session ID: 11111111-2222-4333-8444-555555555555',
  'Error: no rollout found for thread id 019adb00',
  'Error resuming session: Invalid session identifier "1".',
  'Session not found: ses_1',
])('takes %j for a session that is not there', (words) => {
  expect(saysSessionUnknown(words)).toBe(true)
})

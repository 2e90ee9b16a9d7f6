import type { AgentFailure } from './adapter.ts'

/** What went wrong at the service of an agent's model, by what helps. */
export const MODEL_ERRORS = [
  'AUTH',
  'BILLING',
  'RATE_LIMITED',
  'OVERLOADED',
  'CONTEXT_FULL',
  'REFUSED',
  'MODEL_GONE',
] as const
export type ModelErrorClass = (typeof MODEL_ERRORS)[number]

/** An error of the model, as an agent tells of it. */
export interface ModelError {
  readonly class: ModelErrorClass
  /** The agent's own words. */
  readonly message: string
  /** When it may be tried again, in milliseconds since 1970; null where the agent does not say. */
  readonly resetAt: number | null
}

/** The code of a failure that means that the agent has no session by the id that it was to be taken up by. */
export const SESSION_UNKNOWN = 'SESSION_UNKNOWN'

/** Told by the words: agents pass them on from the service, and few pass on a code. The first that fits counts. */
const BY_WORDS: readonly (readonly [ModelErrorClass, RegExp])[] = [
  [
    'CONTEXT_FULL',
    /context[_ ]?(?:length|window|full)|maximum context|prompt is too long|input token count|ran out of room|too (?:large|long) to compact|exceeds? (?:the )?model(?: context)? limit/i,
  ],
  ['BILLING', /insufficient[_ ]quota|credit balance|billing|payment required|out of credits|\b402\b/i],
  [
    'RATE_LIMITED',
    /rate[_ ]?limit|too many requests|RESOURCE_EXHAUSTED|usage[_ ]limit|quota (?:exceeded|exhausted)|current quota|\b429\b/i,
  ],
  [
    'AUTH',
    /unauthori[sz]ed|unauthenticated|authentication|api[_ -]?key (?:not valid|is invalid|expired)|(?:invalid|incorrect|missing)[\w -]{0,12}api[_ -]?key|not logged in|log ?in again|\/login|\b401\b/i,
  ],
  [
    'MODEL_GONE',
    /model[_ ]not[_ ]found|models?\b.{0,80}(?:does not exist|is not (?:found|available|supported)|not found)|not_found_error/i,
  ],
  [
    'REFUSED',
    /content[_ ](?:policy|filter)|usage polic|invalid_prompt|flagged|prohibited content|\brefusal\b/i,
  ],
  [
    'OVERLOADED',
    /overloaded|server_error|service unavailable|\bUNAVAILABLE\b|high demand|at capacity|(?:status|code|error)\W{1,6}(?:500|502|503|504|529)\b/i,
  ],
]

/** Statuses of HTTP, where the words say nothing. */
const BY_STATUS: Readonly<Record<number, ModelErrorClass>> = {
  401: 'AUTH',
  402: 'BILLING',
  403: 'AUTH',
  413: 'CONTEXT_FULL',
  429: 'RATE_LIMITED',
  500: 'OVERLOADED',
  502: 'OVERLOADED',
  503: 'OVERLOADED',
  504: 'OVERLOADED',
  529: 'OVERLOADED',
}

/** So much of what an agent says of an error is looked at, in UTF-16 units. */
const MAX_WORDS = 4_000

/** The error of the model that a failure tells of; null where it tells of none. `now` is in milliseconds since 1970. */
export function classifyFailure({ code, message }: AgentFailure, now: number): ModelError | null {
  const words = message.slice(0, MAX_WORDS)
  const resetAt = findReset(words, now)
  const found =
    BY_WORDS.find(([, pattern]) => pattern.test(`${code ?? ''} ${words}`))?.[0] ?? BY_STATUS[Number(code)]
  if (found === undefined) return null
  // some services say of a limit by the minute that it is about billing
  return { class: found === 'BILLING' && resetAt !== null ? 'RATE_LIMITED' : found, message, resetAt }
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

const DURATION =
  /(?:again|retry\w*|resets?|wait|after)\W{0,6}(?:in|after)?\W{0,4}((?:\d+(?:\.\d+)?\s?(?:ms|seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|s|m|h|d)[\s,]{0,2}(?:and )?)+)/i
const AMOUNT = /(\d+(?:\.\d+)?)\s?(ms|s|m|h|d)/gi
const MOMENT =
  /(?:resets?|again|until|retry)\w*\W{1,4}(?:at|after|on)?\W{0,4}(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d))/i
/** As seconds since 1970, which some tell behind a bar. */
const EPOCH = /(?:\||resets?_?at\W{1,4})(\d{10})\b/i

/** When an error is over, as the words tell it. */
function findReset(words: string, now: number): number | null {
  const moment = MOMENT.exec(words)?.[1]
  if (moment !== undefined && !Number.isNaN(Date.parse(moment))) return Date.parse(moment)
  const epoch = EPOCH.exec(words)?.[1]
  if (epoch !== undefined) return Number(epoch) * 1_000
  const duration = DURATION.exec(words)?.[1]
  if (duration === undefined) return null
  let ms = 0
  for (const [, amount, unit] of duration.matchAll(AMOUNT))
    ms += Number(amount) * (UNIT_MS[(unit ?? '').toLowerCase()] ?? 0)
  return now + ms
}

/** What agents say of a session that they do not have. */
const UNKNOWN_SESSION =
  /no (?:conversation|rollout|previous sessions?|saved sessions?|session) found|(?:session|conversation|thread)\b[^\n]{0,120}(?:not found|does not exist|is unknown)|error resuming session|invalid session/i

/** Whether an agent that was asked to resume reports that it has no such session. */
export function saysSessionUnknown(words: string): boolean {
  return UNKNOWN_SESSION.test(words.slice(-MAX_WORDS))
}

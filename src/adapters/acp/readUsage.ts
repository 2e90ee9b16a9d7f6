import type { z } from 'zod'
import type { Usage } from '../kit/entry.ts'
import { needs } from './knownFaults.ts'
import type { promptedSchema } from './messages.ts'

type Prompted = z.infer<typeof promptedSchema>

/** What an agent has told of the cost of its session so far: a sum, of which a turn's part is the difference. */
export interface Cost {
  readonly amount: number
  readonly currency: string
}

/** The millions that a cost is told in. */
const MICROS = 1_000_000

/** The tokens that an agent tells of: those of a turn, or of one request to its model. */
export type TokensTold = NonNullable<Prompted['usage']>

/** What two requests used together: a figure that one of them lacks is not known of both. */
export function addTokens(before: TokensTold | null, more: TokensTold): TokensTold {
  if (!before) return more
  const add = (name: keyof TokensTold) => {
    const [one, other] = [before[name] ?? undefined, more[name] ?? undefined]
    return one === undefined || other === undefined ? undefined : one + other
  }
  return {
    inputTokens: add('inputTokens'),
    outputTokens: add('outputTokens'),
    thoughtTokens: add('thoughtTokens'),
    cachedReadTokens: add('cachedReadTokens'),
  }
}

/** How the counter of a session's cost is named in its handle, before the currency. */
const COST = 'cost '

/** The cost of a session, as a counter of its handle. */
export function countCost({ amount, currency }: Cost): Record<string, number> {
  return { [`${COST}${currency}`]: amount }
}

/** The cost of a session by the counters of its handle; null where there is none. */
export function readCost(counters: Readonly<Record<string, number>>): Cost | null {
  const found = Object.entries(counters).find(([name]) => name.startsWith(COST))
  return found ? { amount: found[1], currency: found[0].slice(COST.length) } : null
}

/**
 * What a turn used, as the agent tells it at the end; null where it tells nothing. A figure that it does not give is left out.
 *
 * @param cost of the session before the turn and after it; null: not known
 */
export function readUsage(
  agent: string | undefined,
  { usage, _meta }: Prompted,
  cost: { readonly before: Cost | null; readonly after: Cost | null },
  durationMs: number,
): Usage | null {
  const quota = recordOf(_meta?.['quota'])
  const counted = needs('USAGE_IGNORED', agent) ? {} : { ...fromQuota(quota), ...fromUsage(usage ?? {}) }
  const model = modelOf(quota)
  const { before, after } = cost
  const costs =
    before && after && before.currency === after.currency && after.amount >= before.amount
      ? { costMicros: Math.round((after.amount - before.amount) * MICROS), currency: after.currency }
      : {}
  if (Object.keys({ ...counted, ...costs }).length === 0) return null
  return {
    kind: 'USAGE',
    ...(model !== undefined && { model }),
    ...counted,
    ...costs,
    durationMs: Math.round(durationMs),
  }
}

function fromUsage(usage: NonNullable<Prompted['usage']>): Partial<Usage> {
  return withoutMissing({
    inputTokens: inputOf(usage),
    outputTokens: usage.outputTokens,
    cachedTokens: usage.cachedReadTokens,
    reasoningTokens: usage.thoughtTokens,
  })
}

/** All input: agents differ in whether what stood in a cache is a part of it, or beside it. The total tells which. */
function inputOf({
  inputTokens,
  outputTokens,
  cachedReadTokens,
  cachedWriteTokens,
  totalTokens,
}: NonNullable<Prompted['usage']>): number | null | undefined {
  if (typeof inputTokens !== 'number' || typeof totalTokens !== 'number') return inputTokens
  const all = inputTokens + (cachedReadTokens ?? 0) + (cachedWriteTokens ?? 0)
  return totalTokens >= all + (outputTokens ?? 0) ? all : inputTokens
}

function fromQuota(quota: Readonly<Record<string, unknown>>): Partial<Usage> {
  const { input_tokens, output_tokens } = recordOf(quota['token_count'])
  return withoutMissing({ inputTokens: countOf(input_tokens), outputTokens: countOf(output_tokens) })
}

/** The model, where the turn used one alone. */
function modelOf(quota: Readonly<Record<string, unknown>>): string | undefined {
  const used = quota['model_usage']
  if (!Array.isArray(used) || used.length !== 1) return undefined
  const { model } = recordOf(used[0])
  return typeof model === 'string' && model !== '' ? model : undefined
}

function withoutMissing(figures: Readonly<Record<string, number | null | undefined>>): Partial<Usage> {
  return Object.fromEntries(
    Object.entries(figures).filter(([, figure]) => figure !== undefined && figure !== null),
  )
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

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
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    cachedTokens: usage.cachedReadTokens,
    reasoningTokens: usage.thoughtTokens,
  })
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

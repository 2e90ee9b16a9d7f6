import type { UsageFigure } from '../run/enums.ts'
import type { EntryContent, TurnUsage } from './entries.ts'

/** The figures that are counts, each with the word for it. */
const COUNTS = {
  inputTokens: 'INPUT_TOKENS',
  cachedTokens: 'CACHED_TOKENS',
  outputTokens: 'OUTPUT_TOKENS',
  reasoningTokens: 'REASONING_TOKENS',
  durationMs: 'DURATION',
} as const satisfies Partial<Record<keyof TurnUsage, UsageFigure>>
type Count = keyof typeof COUNTS

/** A cost in one currency. */
export interface Cost {
  /** In millionths of the currency. */
  readonly micros: number
  /** As `USD`; null: the agent did not name it. */
  readonly currency: string | null
}

/** Sums of what agents told. A figure that none of them gave is null. */
export type UsageSums = { readonly [Name in Count]: number | null } & {
  /** How often an agent told what it had used. */
  readonly reports: number
  /** One for each currency. */
  readonly costs: readonly Cost[]
  /** What some of the reports lack: there was more of it than the sum says. */
  readonly lacks: readonly UsageFigure[]
}

/** What one model used. */
export type ModelUsage = UsageSums & Pick<TurnUsage, 'model' | 'provider'>

/** What was used in all, and by each model. */
export type Usage = UsageSums & { readonly models: readonly ModelUsage[] }

/** A figure of some reports: its sum, and how many of them gave it. */
interface Summed {
  readonly sum: number | null
  readonly given: number
}

/** What one model used, as far as it is told in one currency. */
export type UsageGroup = { readonly [Name in Count | 'costMicros']: Summed } & Pick<
  TurnUsage,
  'model' | 'provider' | 'currency'
> & { readonly reports: number }

/** What an entry of a transcript and its updates say together that was used. */
export interface ToldUsage extends TurnUsage {
  /** Tells it from every other of its session. */
  readonly key: string
  /** The place of the last of its entries among those given, from 1. */
  readonly place: number
}

/** The usages that consecutive entries tell of, each with what its updates have changed. */
export function collectUsages(entries: readonly EntryContent[], firstSeq: number): ToldUsage[] {
  const told = new Map<string, ToldUsage>()
  for (const [index, { kind, key, updates, data }] of entries.entries()) {
    if (kind !== 'USAGE' || !data.usage) continue
    const name = updates ?? key
    const id = name === null ? `#${firstSeq + index}` : `@${name}`
    told.set(id, { ...mergeUsage(told.get(id), data.usage), key: id, place: index + 1 })
  }
  return [...told.values()]
}

/** A usage with what an update of it gives. */
function mergeUsage(before: TurnUsage | undefined, update: TurnUsage): TurnUsage {
  if (!before) return update
  const given = Object.entries(update).filter(([, value]) => value !== null)
  return { ...before, ...Object.fromEntries(given) }
}

/** The sums of all groups; null where nothing was told. */
export function sumUsage(groups: readonly UsageGroup[]): Usage | null {
  if (groups.length === 0) return null
  const byModel = new Map<string, UsageGroup[]>()
  for (const group of groups) {
    const name = JSON.stringify([group.provider, group.model])
    byModel.set(name, [...(byModel.get(name) ?? []), group])
  }
  const models = [...byModel.values()].map((of) => ({
    model: of[0]?.model ?? null,
    provider: of[0]?.provider ?? null,
    ...sumGroups(of),
  }))
  return { ...sumGroups(groups), models: models.toSorted((a, b) => b.reports - a.reports) }
}

function sumGroups(groups: readonly UsageGroup[]): UsageSums {
  const reports = groups.reduce((sum, group) => sum + group.reports, 0)
  const isLacking = (name: Count | 'costMicros') =>
    groups.reduce((sum, group) => sum + group[name].given, 0) < reports
  const lacks = Object.entries(COUNTS).flatMap(([name, word]) => (isLacking(name as Count) ? [word] : []))
  return {
    reports,
    inputTokens: sumOf(groups, 'inputTokens'),
    cachedTokens: sumOf(groups, 'cachedTokens'),
    outputTokens: sumOf(groups, 'outputTokens'),
    reasoningTokens: sumOf(groups, 'reasoningTokens'),
    durationMs: sumOf(groups, 'durationMs'),
    costs: sumCosts(groups),
    lacks: isLacking('costMicros') ? [...lacks, 'COST'] : lacks,
  }
}

function sumOf(groups: readonly UsageGroup[], name: Count): number | null {
  const known = groups.flatMap((group) => group[name].sum ?? [])
  return known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0)
}

function sumCosts(groups: readonly UsageGroup[]): Cost[] {
  const byCurrency = new Map<string | null, number>()
  for (const { currency, costMicros } of groups)
    if (costMicros.sum !== null) byCurrency.set(currency, (byCurrency.get(currency) ?? 0) + costMicros.sum)
  return [...byCurrency]
    .map(([currency, micros]) => ({ currency, micros }))
    .toSorted((a, b) => b.micros - a.micros)
}

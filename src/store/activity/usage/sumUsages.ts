import { sumUsage, type Usage, type UsageGroup } from '../../../lifecycle/activity/usage.ts'
import { groupByPlace } from '../../sql/ownedPages.ts'
import { type Connection, int, json, prepare, query, type Statement } from '../../sql/statement.ts'

/** A run, or one round of it, of which the usage is summed. */
export interface UsageRequest {
  readonly runId: string
  /** Only what was used in this round; null: all. */
  readonly round: number | null
}

type Row = { readonly place: number; readonly usage: UsageGroup }

const FIGURES = {
  inputTokens: 'input_tokens',
  cachedTokens: 'cached_tokens',
  outputTokens: 'output_tokens',
  reasoningTokens: 'reasoning_tokens',
  costMicros: 'cost_micros',
  durationMs: 'duration_ms',
} as const

const SUMS = Object.entries(FIGURES)
  .map(
    ([name, column]) => `'${name}', jsonb_build_object('sum', sum(u.${column}), 'given', count(u.${column}))`,
  )
  .join(', ')

/** A statement of sums: one row for each of those asked for, and each model and currency. */
const prepareSums = (name: string, asked: string, where: string): Statement<Row> =>
  prepare({
    name,
    row: { place: int, usage: json<UsageGroup>() },
    text: `
SELECT asked.place::int AS place, jsonb_build_object(
  'model', u.model, 'provider', u.provider, 'currency', u.currency, 'reports', count(*), ${SUMS}) AS usage
FROM ${asked} JOIN usage u ON ${where}
GROUP BY asked.place, u.model, u.provider, u.currency
ORDER BY asked.place, u.model, u.provider, u.currency`,
  })

const OF_RUNS = prepareSums(
  'sum-usage-of-runs',
  'unnest($1::text[], $2::int[]) WITH ORDINALITY AS asked(run_id, round, place)',
  'u.run_id = asked.run_id AND (asked.round IS NULL OR u.round = asked.round)',
)

const prepareOwners = (name: string, column: string) =>
  prepareSums(name, 'unnest($1::text[]) WITH ORDINALITY AS asked(id, place)', `u.${column} = asked.id`)

const OF_SESSIONS = prepareOwners('sum-usage-of-sessions', 'session_id')
const OF_PHASES = prepareOwners('sum-usage-of-phases', 'phase_id')
const OF_EXECUTIONS = prepareOwners('sum-usage-of-executions', 'execution_id')

async function sum(
  connection: Connection,
  statement: Statement<Row>,
  many: number,
  values: unknown[],
): Promise<(Usage | null)[]> {
  const rows = await query(connection, statement, values)
  return groupByPlace(many, rows).map((found) => sumUsage(found.map(({ usage }) => usage)))
}

/** What was used in runs or rounds of them, in the order of the requests; null where nothing was told. */
export const sumUsageOfRuns = (
  connection: Connection,
  asked: readonly UsageRequest[],
): Promise<(Usage | null)[]> =>
  sum(connection, OF_RUNS, asked.length, [asked.map(({ runId }) => runId), asked.map(({ round }) => round)])

/** The same of rows by their ids. */
const sumOf = (statement: Statement<Row>) => (connection: Connection, ids: readonly string[]) =>
  sum(connection, statement, ids.length, [ids])

export const sumUsageOfSessions = sumOf(OF_SESSIONS)
export const sumUsageOfPhases = sumOf(OF_PHASES)
export const sumUsageOfExecutions = sumOf(OF_EXECUTIONS)

import type { Client } from 'pg'

/** A statement as it is passed to the driver. */
export interface Sent {
  /** Name of the prepared statement; null if it is planned each time. */
  readonly name: string | null
  readonly text: string
  readonly values: readonly unknown[]
}

/** The plan of a statement with its values, and its cost. */
export interface Explained {
  readonly statement: string
  /** Output of `EXPLAIN (ANALYZE, BUFFERS)`, without times and random ids. */
  readonly plan: string
  /** Pages read, cached or not. */
  readonly buffers: number
  /** Tables of which many rows were scanned sequentially, by the statement or its triggers. */
  readonly scanned: readonly string[]
}

/** A sequential scan of more rows than this is not one of a small table. */
const MANY_ROWS = 5_000

interface PlanRoot {
  readonly 'Shared Hit Blocks': number
  readonly 'Shared Read Blocks': number
}

/** True for a statement that has a plan. */
export function hasPlan({ text }: Sent): boolean {
  return /^\s*\(*\s*(SELECT|WITH|INSERT|UPDATE|DELETE)\b/i.test(text) && !/;\s*\S/.test(text)
}

/**
 * Explains a statement within a transaction that is rolled back, on a separate connection. A prepared statement is explained after five
 * executions, when PostgreSQL has chosen between a generic and a custom plan.
 */
export async function explain(client: Client, sent: Sent): Promise<Explained> {
  await client.query('BEGIN')
  try {
    const ask = sent.name === null ? direct(client, sent) : await prepare(client, sent)
    await client.query('SAVEPOINT before')
    // the first execution reads the catalog and sets hint bits
    const json = await explainSettled(client, () => ask('ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON'))
    const text = await ask('ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, SUMMARY OFF')
    const root = (json[0] as unknown as [{ Plan: PlanRoot }])[0].Plan
    const { rows: scanned } = await client.query<{ table: string }>(SCANNED_TABLES, [MANY_ROWS])
    return {
      statement: sent.name ?? 'made for its filter',
      plan: withoutChance(text.join('\n')),
      buffers: root['Shared Hit Blocks'] + root['Shared Read Blocks'],
      scanned: scanned.map(({ table }) => table),
    }
  } finally {
    await client.query('ROLLBACK')
    await client.query('DEALLOCATE ALL')
  }
}

/** Tables that the present transaction has scanned so far, including foreign key checks. */
const SCANNED_TABLES = `SELECT relname AS "table" FROM pg_stat_xact_user_tables WHERE seq_tup_read > $1 ORDER BY 1`

type Ask = (options: string) => Promise<string[]>

async function explainSettled(client: Client, ask: () => Promise<string[]>): Promise<string[]> {
  await ask()
  await client.query('ROLLBACK TO before')
  const answer = await ask()
  await client.query('ROLLBACK TO before')
  return answer
}

function direct(client: Client, { text, values }: Sent): Ask {
  return async (options) => toLines(await client.query(`EXPLAIN (${options}) ${text}`, [...values]))
}

async function prepare(client: Client, { text, values }: Sent): Promise<Ask> {
  await client.query(`PREPARE explained AS ${text}`)
  const execute =
    values.length === 0 ? 'EXECUTE explained' : `EXECUTE explained(${values.map(toLiteral).join(', ')})`
  for (let times = 0; times < 5; times++) await client.query(`EXPLAIN ${execute}`)
  return async (options) => toLines(await client.query(`EXPLAIN (${options}) ${execute}`))
}

function toLines({ rows }: { rows: Record<string, string>[] }): string[] {
  return rows.map((row) => row['QUERY PLAN'] ?? '')
}

function toLiteral(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  if (Array.isArray(value)) return `'{${value.map(toElement).join(',').replaceAll("'", "''")}}'`
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  if (typeof value === 'number' || typeof value === 'boolean') return `'${value}'`
  throw new Error(`a value that can't be written down: ${typeof value}`)
}

function toElement(value: unknown): string {
  if (value === null) return 'NULL'
  if (typeof value !== 'string' && typeof value !== 'number')
    throw new Error(`a list of what can't be written down: ${typeof value}`)
  return `"${String(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

/** The plan without times, random ids and cache hits. */
function withoutChance(plan: string): string {
  return plan
    .replace(/^\s*Planning:\n\s+Buffers:.*$/gm, '')
    .replaceAll(/Buffers: shared((?: \w+=\d+)+).*/g, (_, counts: string) => {
      const pages = [...counts.matchAll(/ (?:hit|read)=(\d+)/g)].reduce(
        (sum, [, count]) => sum + Number(count),
        0,
      )
      return `Buffers: ${pages}`
    })
    .replaceAll(/'\d{4}-\d\d-\d\d \d\d:[^']*'/g, `'(a time)'`)
    .replaceAll(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '(a key)')
    .replaceAll(/\b([a-z]{3})_01[0-9a-z]{24}\b/g, '$1_(new)')
    .replaceAll(/'\{([^']{60})[^']*'/g, `'{$1…'`)
    .replaceAll(/\n{2,}/g, '\n')
    .trim()
}

import type { QueryConfig } from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { readFeedCursor } from '../../../src/store/feed/feedCursor.ts'
import { readFeedPage } from '../../../src/store/feed/feedPage.ts'
import { transact } from '../../../src/store/sql/openStore.ts'
import { openTestServers, start, type TestServers } from './support.ts'

const RUNS = 3_000
const EVENTS_PER_RUN = 10

let servers: TestServers
beforeAll(async () => {
  servers = await openTestServers()
  await fill()
})
afterAll(() => servers.close())

test.each(['force_custom_plan', 'force_generic_plan'])(
  'a page of the feed reads a few index entries, however many events and runs there are (%s)',
  async (mode) => {
    const { store } = servers
    const from = await readFeedCursor(store.pool)
    await start(servers.commands)
    const query = vi.spyOn(store.pool, 'query')
    expect((await readFeedPage(store.pool, from, null)).changes).toHaveLength(1)
    const { text, values = [] } = query.mock.lastCall![0] as unknown as QueryConfig
    const plan = await transact(store, async (connection) => {
      await connection.query(`SET LOCAL plan_cache_mode = ${mode}`)
      await connection.query(`PREPARE page(text, text, text, text, int) AS ${text}`)
      const literals = values.map((value) => (value === null ? 'NULL' : `'${String(value)}'`))
      const { rows } = await connection.query(
        `EXPLAIN (ANALYZE, COSTS OFF, FORMAT JSON) EXECUTE page(${literals.join()})`,
      )
      await connection.query('DEALLOCATE page')
      return rows[0]['QUERY PLAN'][0].Plan as PlanNode
    })
    const nodes = flatten(plan)
    expect(nodes.map((node) => node['Index Name'])).toEqual(expect.arrayContaining(['event_xid', 'run_pkey']))
    const scanned = nodes
      .filter((node) => node['Node Type'] === 'Seq Scan')
      .map((node) => node['Relation Name'])
    expect(scanned).not.toContain('event')
    expect(scanned).not.toContain('run')
    for (const node of nodes) expect(node['Actual Rows'] * node['Actual Loops']).toBeLessThan(50)
  },
)

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly Plans?: readonly PlanNode[]
}

function flatten(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flatten)]
}

/** Copies one run, with a log, many times over. */
async function fill(): Promise<void> {
  const { id } = await start(servers.commands)
  await transact(servers.store, async (connection) => {
    // the backstops look at every event
    await connection.query('SET LOCAL session_replication_role = replica')
    await connection.query(
      `INSERT INTO run SELECT (jsonb_populate_record(NULL::run, to_jsonb(r) || jsonb_build_object('id', 'run_' || n, 'chain_id', 'run_' || n))).*
      FROM run r, generate_series(1, $2::int) n WHERE r.id = $1`,
      [id, RUNS],
    )
    await connection.query(
      `INSERT INTO event (run_id, seq, epoch, type, actor, at, payload)
      SELECT 'run_' || run, seq, 1, 'run.paused', 'x', now(), '{"comment":null}'
      FROM generate_series(1, $1::int) run, generate_series(1, $2::int) seq`,
      [RUNS, EVENTS_PER_RUN],
    )
  })
  await servers.store.pool.query('ANALYZE')
}

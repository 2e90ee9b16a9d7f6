import { afterAll, beforeAll, expect, test } from 'vitest'
import { listRemovable } from '../../../src/store/run/retention/listRemovable.ts'
import { transact } from '../../../src/store/sql/openStore.ts'
import { listStatements } from '../../../src/store/sql/statement.ts'
import { openTestCommands, type TestCommands } from '../../support/commands.ts'
import { passTime } from '../../support/passTime.ts'
import { runIn } from '../../support/runs.ts'
import { SOLO } from '../../support/workflows.ts'

/** Settled runs that are too young, in each of the projects. */
const YOUNG = 3_000
const PROJECTS = ['api', 'web']
const DAY = 86_400

let here: TestCommands
beforeAll(async () => {
  here = await openTestCommands({ workflows: [SOLO] })
  const { id } = await runIn(here, 'FAILED')
  await transact(here.store, async (connection) => {
    await connection.query('SET LOCAL session_replication_role = replica')
    for (const project of PROJECTS)
      await connection.query(
        `INSERT INTO run SELECT (jsonb_populate_record(NULL::run, to_jsonb(r)
           || jsonb_build_object('id', 'run_' || $3::text || n, 'chain_id', 'run_' || n, 'project', $3::text))).*
         FROM run r, generate_series(1, $2::int) n WHERE r.id = $1`,
        [id, YOUNG, project],
      )
  })
  await passTime(here.store, id, 2 * DAY)
  await here.store.pool.query('ANALYZE')
})
afterAll(() => here.close())

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly PlanNode[]
}

const flatten = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(flatten)]

test.each(['force_custom_plan', 'force_generic_plan'])(
  'the runs whose content is due are found without looking at those that are too young (%s)',
  async (mode) => {
    const which = { ages: { default: DAY, projects: {} }, projects: null, after: null, limit: 21 }
    expect(await listRemovable(here.store.pool, which)).toHaveLength(1)
    const text = listStatements().get('list-removable')?.text
    const plan = await transact(here.store, async (connection) => {
      await connection.query(`SET LOCAL plan_cache_mode = ${mode}`)
      await connection.query(`PREPARE removable AS ${text}`)
      const { rows } = await connection.query(
        `EXPLAIN (ANALYZE, COSTS OFF, FORMAT JSON) EXECUTE removable('{}', ${DAY}, NULL, '', NULL, '', 21)`,
      )
      await connection.query('DEALLOCATE removable')
      return rows[0]['QUERY PLAN'][0].Plan as PlanNode
    })
    const nodes = flatten(plan)
    const scanned = nodes.filter((node) => node['Node Type'] === 'Seq Scan')
    expect(scanned.map((node) => node['Relation Name'])).not.toContain('run')
    for (const node of nodes) {
      const read = node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)
      expect(read * node['Actual Loops']).toBeLessThan(50)
    }
  },
)

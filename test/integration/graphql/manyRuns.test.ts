import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COUNTED } from '../../../src/store/run/countRuns.ts'
import { transact } from '../../../src/store/sql/openStore.ts'
import { codesOf, type Data, openTestGraph, type TestGraph } from '../../support/graphql.ts'
import { putWorkflow } from '../../support/commands.ts'
import { begin } from '../../support/runs.ts'
import { SOLO } from '../../support/workflows.ts'

let graph: TestGraph

/** Settled runs beyond what is counted, and one more of another status. */
beforeAll(async () => {
  graph = await openTestGraph({ workflows: [SOLO] })
  await transact(graph.store, async (connection) => {
    await connection.query('SET LOCAL session_replication_role = replica')
    await connection.query(
      `INSERT INTO run (id, chain_id, project, workflow_id, title, status, reason, revision, round, first_round, current_phase, labels,
         created_by, created_at, epoch_at, status_at, settled_at, last_activity_at)
       SELECT r.id, r.id, 'many', w.id, 'old ' || i,
         (CASE i WHEN 7 THEN 'EXPIRED' ELSE 'COMPLETED' END)::run_status,
         (CASE i WHEN 7 THEN 'STALE' ELSE 'COMPLETED' END)::run_reason, 1, 1, 1, 'work',
         CASE WHEN i % 100 = 0 THEN ARRAY['red'] ELSE '{}' END, 'adam', t, t, t, t, t
       FROM generate_series(1, $1::int) i, workflow w, LATERAL (SELECT '2025-01-01'::timestamptz + i * interval '1 second' AS t) at,
         LATERAL (SELECT 'run_' || lpad(i::text, 26, '0') AS id) r
       WHERE w.name = 'solo'`,
      [COUNTED + 2],
    )
  })
  for (const title of ['a', 'b']) await begin(graph, { title, project: 'many' })
})
afterAll(() => graph.close())

describe('counts of many runs', () => {
  const counts = async (filter: object): Promise<Data> =>
    Object.fromEntries(
      (
        await graph.read(
          'query ($filter: RunFilter) { runCounts(filter: $filter) { status count isExact } }',
          { filter },
        )
      ).runCounts.map(({ status, ...counted }: Data) => [status, counted]),
    )
  const total = async (filter: object): Promise<number | null> =>
    (
      await graph.read('query ($filter: RunFilter) { runs(filter: $filter, first: 1) { totalCount } }', {
        filter,
      })
    ).runs.totalCount

  it('say so where there are more than are counted, and count what is active whole', async () => {
    expect(await counts({})).toMatchObject({
      QUEUED: { count: 2, isExact: true },
      RUNNING: { count: 0, isExact: true },
      COMPLETED: { count: COUNTED, isExact: false },
      EXPIRED: { count: 1, isExact: true },
      FAILED: { count: 0, isExact: true },
    })
    expect(await total({})).toBeNull()
  })

  it('are exact for a filter that few match, and at the limit itself', async () => {
    const { COMPLETED } = await counts({ labels: ['red'] })
    expect(COMPLETED).toEqual({ count: COUNTED / 100, isExact: true })
    expect(await total({ labels: ['red'] })).toBe(COUNTED / 100)
    const createdAt = { after: '2025-01-01T00:00:02.000Z' }
    expect(await total({ createdAt, statuses: ['COMPLETED', 'EXPIRED'] })).toBe(COUNTED)
    expect(await counts({ createdAt, outcomes: ['SUCCESS', 'INCOMPLETE'] })).toMatchObject({
      QUEUED: { count: 0, isExact: true },
      COMPLETED: { count: COUNTED - 1, isExact: true },
      EXPIRED: { count: 1, isExact: true },
    })
  })
})

describe('a page of many runs', () => {
  const RUNS = `query ($filter: RunFilter, $orderBy: RunOrder, $first: Int, $after: String) {
    runs(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
      edges { cursor node { id title } } pageInfo { hasNextPage hasPreviousPage endCursor } } }`

  it('holds one run where one is asked for, of a part that few are in', async () => {
    const { runs } = await graph.read(RUNS, { filter: { labels: ['red'] }, first: 1 })
    expect(runs.edges).toHaveLength(1)
    expect(runs.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
    const next = await graph.read(RUNS, {
      filter: { labels: ['red'] },
      first: 1,
      after: runs.pageInfo.endCursor,
    })
    expect(next.runs.edges[0].node.id < runs.edges[0].node.id).toBe(true)
    expect(next.runs.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true })
  })

  it('knows what lies before a place whose run is gone', async () => {
    const filter = { project: 'many', statuses: ['EXPIRED'] }
    const { runs } = await graph.read(RUNS, { filter })
    const [{ cursor, node }] = runs.edges
    await graph.mutate('deleteRun', { runId: node.id }, '')
    const after = await graph.read(RUNS, { filter, after: cursor })
    expect(after.runs.pageInfo).toMatchObject({ hasPreviousPage: false, hasNextPage: false })
    const all = await graph.read(RUNS, { filter: { project: 'many' }, first: 1, after: cursor })
    expect(all.runs.pageInfo).toMatchObject({ hasPreviousPage: true, hasNextPage: true })
  })

  it('has the runs of every version of a workflow, also of one registered since', async () => {
    const asked = async () => (await graph.read(RUNS, { filter: { workflow: 'solo' }, first: 3 })).runs.edges
    const titles = (edges: Data[]) => edges.map(({ node }) => node.title).join(' ')
    expect(titles(await asked())).toBe(`b a old ${COUNTED + 2}`)
    await putWorkflow(graph.store, { ...SOLO, version: 2 })
    await begin(graph, { title: 'c', project: 'many', workflow: 'solo' })
    expect(titles(await asked())).toBe('c b a')
  })

  it('takes wildcards of the database for what they are in text, and finds titles by parts of words', async () => {
    const found = async (text: string) => (await graph.read(RUNS, { filter: { text } })).runs.edges.length
    expect(await found(`LD ${COUNTED + 1}`)).toBe(1)
    expect(await found('%ld 1')).toBe(0)
    expect(await found('_ld 1')).toBe(0)
    expect(await found('old')).toBe(50)
    expect(await found('ru')).toBe(50)
    expect(await found(`run_${'9'.repeat(30)}`)).toBe(0)
    expect(codesOf(await graph.ask(RUNS, { filter: { text: '\\' } }))).toEqual([])
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { claimRun } from '../../../src/commands/run/claimRun.ts'
import { transact } from '../../../src/store/sql/openStore.ts'
import { RUN_STATUSES } from '../../../src/lifecycle/run/enums.ts'
import { codesOf, countStatements, type Data, openTestGraph, type TestGraph } from '../../support/graphql.ts'
import { passTime } from '../../support/passTime.ts'
import { begin, runIn } from '../../support/runs.ts'
import { RELAY, SOLO } from '../../support/workflows.ts'

let graph: TestGraph

beforeAll(async () => {
  graph = await openTestGraph({ workflows: [SOLO, RELAY] })
})
afterAll(() => graph.close())

const RUNS = `query ($filter: RunFilter, $orderBy: RunOrder! = { field: CREATED, direction: DESC }, $first: Int, $after: String, $last: Int, $before: String) {
  runs(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { id title } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } feedCursor } }`

/** A page: titles, whether more lies before and after, and its ends. */
async function list(variables: Record<string, unknown>) {
  const { runs } = await graph.read(RUNS, variables)
  const { hasPreviousPage: before, hasNextPage: after, startCursor, endCursor } = runs.pageInfo
  const titles: string = runs.edges.map(({ node }: Data) => node.title).join('')
  return {
    titles,
    around: `${before ? '<' : ''}${after ? '>' : ''}`,
    startCursor,
    endCursor,
    edges: runs.edges,
  }
}

describe('runs', () => {
  const filter = { project: 'pages' }
  beforeAll(async () => {
    const ids: string[] = []
    for (const title of ['a', 'b', 'c', 'd', 'e'])
      ids.push((await begin(graph, { title, project: 'pages' })).id)
    // of one moment: their ids alone tell their order
    await transact(graph.store, async (connection) => {
      await connection.query('SET LOCAL session_replication_role = replica')
      await connection.query(`UPDATE run SET created_at = '2026-01-01' WHERE id = ANY($1)`, [ids.slice(1, 4)])
      await connection.query(`UPDATE run SET created_at = '2025-01-01' WHERE id = $1`, [ids[0]])
    })
  })

  it('are paged through from either end, each run once, knowing what lies on both sides', async () => {
    const first = await list({ filter, first: 2 })
    expect(first).toMatchObject({ titles: 'ed', around: '>' })
    const second = await list({ filter, first: 2, after: first.endCursor })
    expect(second).toMatchObject({ titles: 'cb', around: '<>' })
    const third = await list({ filter, first: 2, after: second.endCursor })
    expect(third).toMatchObject({ titles: 'a', around: '<' })
    expect(await list({ filter, first: 2, after: third.endCursor })).toMatchObject({
      titles: '',
      around: '<',
    })
    expect(await list({ filter, last: 2 })).toMatchObject({ titles: 'ba', around: '<' })
    expect(await list({ filter, last: 2, before: second.startCursor })).toMatchObject({
      titles: 'ed',
      around: '>',
    })
    expect(await list({ filter, last: 1, before: third.startCursor })).toMatchObject({
      titles: 'b',
      around: '<>',
    })
    expect(await list({ filter, first: 9, after: first.startCursor, before: third.endCursor })).toMatchObject(
      {
        titles: 'dcb',
        around: '<>',
      },
    )
  })

  it('have the oldest first where asked', async () => {
    const first = await list({ filter, orderBy: { field: 'CREATED', direction: 'ASC' }, first: 3 })
    expect(first).toMatchObject({ titles: 'abc', around: '>' })
    const next = await list({
      filter,
      orderBy: { field: 'CREATED', direction: 'ASC' },
      first: 3,
      after: first.endCursor,
    })
    expect(next).toMatchObject({ titles: 'de', around: '<' })
    expect(
      await list({
        filter,
        orderBy: { field: 'CREATED', direction: 'ASC' },
        last: 2,
        before: next.startCursor,
      }),
    ).toMatchObject({
      titles: 'bc',
      around: '<>',
    })
  })

  it('take no page of nothing for a mistake', async () => {
    expect(await list({ filter, first: 0 })).toMatchObject({ titles: '', around: '>', startCursor: null })
    expect(await list({ filter: { project: 'empty' } })).toMatchObject({ titles: '', around: '' })
    const { runs } = await graph.read(RUNS, { filter: { project: 'empty' } })
    expect(runs.feedCursor).toMatch(/./)
  })

  it('refuse a page that is too large, turned both ways, or from a cursor of another list', async () => {
    const { endCursor } = await list({ filter, first: 1 })
    for (const variables of [
      { first: 501 },
      { first: -1 },
      { last: 501 },
      { first: 1, last: 1 },
      { after: 'nonsense' },
      { after: '' },
      { after: '\u0000' },
      { before: Buffer.from('["CREATED_DESC",1e300,"run_x"]').toString('base64url') },
      { after: endCursor, orderBy: { field: 'CREATED', direction: 'ASC' } },
    ])
      expect([variables, codesOf(await graph.ask(RUNS, { filter, ...variables }))]).toEqual([
        variables,
        ['BAD_USER_INPUT'],
      ])
    expect(await list({ filter, first: 500 })).toMatchObject({ titles: 'edcba' })
  })

  it('are counted only where that is asked for', async () => {
    const total = `query ($filter: RunFilter) { runs(filter: $filter, first: 1) { totalCount edges { cursor } } }`
    const { runs } = await graph.read(total, { filter })
    expect(runs).toMatchObject({ totalCount: 5, edges: [{}] })
    const plain = 'query ($filter: RunFilter) { runs(filter: $filter, first: 1) { edges { cursor } } }'
    expect(await countStatements(graph.store, () => graph.read(plain, { filter }))).toBe(1)
  })
})

describe('runs by activity', () => {
  it('have active and settled ones in one order, a settled one at its settling, across pages', async () => {
    const project = 'activity'
    const ago = { p: 500, q: 400, r: 300, s: 200, t: 100 }
    for (const [title, seconds] of Object.entries(ago)) {
      const { id } = await runIn(graph, title === 'q' || title === 't' ? 'CANCELLED' : 'QUEUED', {
        title,
        project,
      })
      await passTime(graph.store, id, seconds)
    }
    const ordered = { filter: { project }, orderBy: { field: 'ACTIVITY', direction: 'DESC' } }
    expect(await list(ordered)).toMatchObject({ titles: 'tsrqp', around: '' })
    const first = await list({ ...ordered, first: 2 })
    expect(first).toMatchObject({ titles: 'ts', around: '>' })
    const second = await list({ ...ordered, first: 2, after: first.endCursor })
    expect(second).toMatchObject({ titles: 'rq', around: '<>' })
    expect(await list({ ...ordered, last: 3, before: second.endCursor })).toMatchObject({
      titles: 'tsr',
      around: '>',
    })
    expect(await list({ ...ordered, last: 1 })).toMatchObject({ titles: 'p', around: '<' })
  })
})

describe('a filter of runs', () => {
  const project = 'filters'
  const ids: Record<string, string> = {}
  const only = async (filter: object): Promise<string> =>
    (await list({ filter: { project, ...filter } })).titles.split('').toSorted().join('')

  beforeAll(async () => {
    const more = { project, labels: ['red'] }
    const states = {
      a: await runIn(graph, 'QUEUED', { ...more, title: 'a', workflow: 'relay', labels: ['red', 'blue'] }),
      b: await runIn(graph, 'RUNNING', { ...more, title: 'b' }),
      c: await runIn(graph, 'COMPLETED', { ...more, title: 'c' }),
      d: await runIn(graph, 'FAILED', { ...more, title: 'd' }),
      e: await runIn(graph, 'CANCELLED', { ...more, title: 'e', labels: [] }),
      f: await runIn(graph, 'EXPIRED', { ...more, title: 'f' }),
      g: await begin(graph, { ...more, title: 'g' }),
    }
    for (const [title, { id }] of Object.entries(states)) ids[title] = id
    await claimRun(graph.commands, graph.callers.worker, { runId: ids['g']!, owner: 'w', leaseSeconds: 30 })
    await graph.mutate('failRun', { runId: ids['g'], fence: 1, error: 'x', reason: 'INCOMPLETE' }, '')
  })

  it('knows statuses and outcomes, by the one rule there is', async () => {
    expect(await only({ statuses: ['QUEUED', 'RUNNING'] })).toBe('ab')
    expect(await only({ statuses: [] })).toBe('')
    expect(await only({ outcomes: ['SUCCESS'] })).toBe('c')
    expect(await only({ outcomes: ['FAILED'] })).toBe('d')
    expect(await only({ outcomes: ['INCOMPLETE'] })).toBe('fg')
    expect(await only({ outcomes: ['CANCELLED', 'SUCCESS'] })).toBe('ce')
    expect(await only({ outcomes: ['INCOMPLETE'], statuses: ['FAILED'] })).toBe('g')
    const { runs } = await graph.read(
      'query ($filter: RunFilter) { runs(filter: $filter) { edges { node { status outcome title } } } }',
      { filter: { project } },
    )
    for (const { node } of runs.edges as Data[])
      if (node.outcome) expect(await only({ outcomes: [node.outcome] })).toContain(node.title)
  })

  it('knows workflows, labels, all of which must be there, and projects', async () => {
    expect(await only({ workflow: 'relay' })).toBe('a')
    expect(await only({ workflow: 'nope' })).toBe('')
    expect(await only({ labels: ['red'] })).toBe('abcdfg')
    expect(await only({ labels: ['blue', 'red'] })).toBe('a')
    expect(await only({ labels: [] })).toBe('abcdefg')
  })

  it('looks for text in titles, at the beginning and at the end of ids, in any case, and takes it literally', async () => {
    const { id } = await begin(graph, { project: 'texts', title: 'Fix 100% of Ünïcode_bugs' })
    const found = async (text: string) =>
      (await graph.read(RUNS, { filter: { project: 'texts', text } })).runs.edges.length as number
    for (const text of [
      'fix',
      'FIX 100%',
      'ünÏCODE',
      'e_b',
      id,
      id.slice(0, 12).toUpperCase(),
      id.slice(4),
      id.slice(-4).toUpperCase(),
      '',
    ])
      expect([text, await found(text)]).toEqual([text, 1])
    for (const text of ['100_', 'F%x', '\\', "'", id.slice(-3), id.slice(6, -1)])
      expect([text, await found(text)]).toEqual([text, 0])
  })

  it('knows times of creation, both ends left out', async () => {
    const { run } = await graph.read('query ($id: ID!) { run(id: $id) { createdAt } }', { id: ids['c'] })
    const at: string = run.createdAt
    const before = await only({ createdAt: { before: at } })
    const after = await only({ createdAt: { after: at } })
    expect(before + after).not.toContain('c')
    expect(`${before}c${after}`.split('').toSorted().join('')).toBe('abcdefg')
  })

  it('counts by status, zeros too', async () => {
    const counts = async (filter: object): Promise<Data> =>
      Object.fromEntries(
        (
          await graph.read('query ($filter: RunFilter) { runCounts(filter: $filter) { status count } }', {
            filter,
          })
        ).runCounts.map(({ status, count }: Data) => [status, count]),
      )
    const all = await counts({ project })
    expect(Object.keys(all)).toEqual([...RUN_STATUSES])
    expect(all).toMatchObject({
      QUEUED: 1,
      RUNNING: 1,
      COMPLETED: 1,
      FAILED: 2,
      CANCELLED: 1,
      EXPIRED: 1,
      PAUSED: 0,
    })
    expect(await counts({ project, statuses: ['FAILED', 'PAUSED'], labels: ['red'] })).toEqual({
      PAUSED: 0,
      FAILED: 2,
    })
  })
})

describe('workflows', () => {
  const QUERY = `query ($first: Int, $after: String) { workflows(first: $first, after: $after) {
    edges { node { name version } } pageInfo { hasNextPage hasPreviousPage endCursor } } }`

  it('are listed by name, every version, the newest first', async () => {
    await graph.mutate('registerWorkflow', { definition: { ...SOLO, version: 2 } }, '')
    const seen: string[] = []
    let after: string | null = null
    for (let more = true; more;) {
      const { workflows }: Data = await graph.read(QUERY, { first: 2, after })
      expect(workflows.pageInfo.hasPreviousPage).toBe(after !== null)
      seen.push(...workflows.edges.map(({ node }: Data) => `${node.name}@${node.version}`))
      after = workflows.pageInfo.endCursor
      more = workflows.pageInfo.hasNextPage
    }
    expect(seen).toEqual(['delivery@1', 'map@1', 'relay@1', 'review@1', 'solo@2', 'solo@1', 'task@1'])
  })

  it('are found by name, the newest where no version is named', async () => {
    const query = 'query ($version: Int) { workflow(name: "solo", version: $version) { version } }'
    expect(await graph.read(query)).toEqual({ workflow: { version: 2 } })
    expect(await graph.read(query, { version: 1 })).toEqual({ workflow: { version: 1 } })
    expect(await graph.read(query, { version: 7 })).toEqual({ workflow: null })
  })
})

describe('executions', () => {
  const QUERY = `query ($filter: ExecutionFilter, $first: Int, $after: String, $last: Int, $before: String) {
    executions(filter: $filter, first: $first, after: $after, last: $last, before: $before) { isCut nodes { command }
    edges { cursor node { command outcome run { id } } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`
  let runId: string

  beforeAll(async () => {
    runId = (await runIn(graph, 'RUNNING', { leaseSeconds: 600 })).id
    for (const [command, exitCode] of [
      ['a', 0],
      ['b', 1],
      ['c', null],
      ['d', 2],
      ['e', 0],
    ] as const) {
      const { execution } = await graph.mutate(
        'startExecution',
        { runId, fence: 1, command },
        '... on StartExecutionSuccess { execution { id } }',
      )
      if (exitCode !== null)
        await graph.mutate('finishExecution', { executionId: execution.id, exitCode }, '')
    }
  })

  const list = async (variables: object) => {
    const { executions } = await graph.read(QUERY, variables as Record<string, unknown>)
    const commands: string = executions.edges.map(({ node }: Data) => node.command).join('')
    expect(executions.nodes.map((node: Data) => node.command).join('')).toBe(commands)
    return { commands, isCut: executions.isCut, ...executions.pageInfo }
  }

  it('are listed, the newest first, page by page', async () => {
    const first = await list({ filter: { runId }, first: 2 })
    expect(first).toMatchObject({ commands: 'ed', hasNextPage: true, hasPreviousPage: false })
    expect(await list({ filter: { runId }, first: 3, after: first.endCursor })).toMatchObject({
      commands: 'cba',
      hasNextPage: false,
      hasPreviousPage: true,
    })
    const { run } = await graph.read(
      `query ($id: ID!, $after: String) { run(id: $id) { executions(first: 2, after: $after) { edges { node { command } } pageInfo { hasNextPage hasPreviousPage } } } }`,
      { id: runId, after: first.endCursor },
    )
    expect(run.executions).toEqual({
      edges: [{ node: { command: 'c' } }, { node: { command: 'b' } }],
      pageInfo: { hasNextPage: true, hasPreviousPage: true },
    })
  })

  it('are read from the end, too', async () => {
    const last = await list({ filter: { runId }, last: 2 })
    expect(last).toMatchObject({ commands: 'ba', hasNextPage: false, hasPreviousPage: true })
    expect(await list({ filter: { runId }, last: 3, before: last.startCursor })).toMatchObject({
      commands: 'edc',
      hasNextPage: true,
      hasPreviousPage: false,
    })
    const found = await list({ filter: { runId, outcomes: ['INCOMPLETE'] }, last: 1 })
    expect(found).toMatchObject({ commands: 'a', hasPreviousPage: true, isCut: false })
    const before = { last: 1, before: found.startCursor }
    expect(await list({ filter: { runId, outcomes: ['INCOMPLETE'] }, ...before })).toMatchObject({
      commands: 'e',
      hasPreviousPage: false,
    })
  })

  it('are filtered by what they came to, and by being in flight', async () => {
    expect(await list({ filter: { runId, isInFlight: true } })).toMatchObject({ commands: 'c' })
    expect(await list({ filter: { runId, isInFlight: false } })).toMatchObject({ commands: 'edba' })
    expect(await list({ filter: { runId, outcomes: ['FAILED'] } })).toMatchObject({ commands: 'db' })
    const first = await list({ filter: { runId, outcomes: ['INCOMPLETE'] }, first: 1 })
    expect(first).toMatchObject({ commands: 'e', hasNextPage: true })
    expect(
      await list({ filter: { runId, outcomes: ['INCOMPLETE'] }, first: 1, after: first.endCursor }),
    ).toMatchObject({
      commands: 'a',
      hasNextPage: false,
      hasPreviousPage: true,
    })
    expect(await list({ filter: { runId, outcomes: ['SUCCESS'] } })).toMatchObject({
      commands: '',
      hasNextPage: false,
    })
  })

  it('filtered by outcome, go through so many at a time, and say where to go on', async () => {
    await graph.store.pool.query(
      `INSERT INTO execution (id, command, started_by, started_at, ended_at, "end", exit_code)
       SELECT 'exe_0' || lpad(n::text, 25, '0'), CASE n WHEN 5 THEN 'needle' ELSE 'hay' END, 'adam',
         '2020-01-01'::timestamptz + n * interval '1 second', '2021-01-01', 'EXITED', CASE n WHEN 5 THEN 1 ELSE 0 END
       FROM generate_series(1, 2500) n`,
    )
    const filter = { outcomes: ['FAILED'] }
    const pages: Data[] = []
    for (let after: string | null = null, more = true; more;) {
      const page: Data = await list({ filter, first: 50, after })
      pages.push(page)
      after = page.endCursor
      more = page.hasNextPage
    }
    expect(pages.map(({ commands }) => commands)).toEqual(['db', 'needle'])
    expect(pages.map(({ isCut }) => isCut)).toEqual([true, false])
  })
})

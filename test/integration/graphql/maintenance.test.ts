import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { transact } from '../../../src/store/sql/openStore.ts'
import { agentOf } from '../../support/callers.ts'
import { codesOf, type Data, openTestGraph, type TestGraph } from '../../support/graphql.ts'
import { passTime } from '../../support/passTime.ts'
import { begin, runIn } from '../../support/runs.ts'
import { RELAY, SOLO } from '../../support/workflows.ts'

let graph: TestGraph

beforeAll(async () => {
  graph = await openTestGraph({ workflows: [SOLO, RELAY] })
})
afterAll(() => graph.close())

const UNKNOWN = 'run_01jd0000000000000000000000'

/** Writes around the code what the backstops would refuse. */
async function corrupt(id: string, change: string): Promise<void> {
  await transact(graph.store, async (connection) => {
    await connection.query('SET LOCAL session_replication_role = replica')
    await connection.query(`UPDATE run SET ${change} WHERE id = $1`, [id])
  })
}

describe('a query that meets a run whose owner is lost', () => {
  const RUN =
    'query ($id: ID!) { run(id: $id) { status reason revision lease { isLive } events(first: 50) { nodes { seq type actor { kind name } } } } }'

  it('moves it on, and shows what became of it', async () => {
    const { id, revision } = await runIn(graph, 'RUNNING')
    await passTime(graph.store, id, 60)
    const { run } = await graph.read(RUN, { id })
    expect(run).toMatchObject({ status: 'FAILED', reason: 'OWNER_LOST', revision: revision + 1, lease: null })
    expect(run.events.nodes.at(-1)).toEqual({
      seq: revision + 1,
      type: 'RUN_FAILED',
      actor: { kind: 'SYSTEM', name: 'system' },
    })
    expect(await graph.read(RUN, { id })).toEqual({ run })
  })

  it('lists each where it belongs then', async () => {
    const project = 'lost'
    const runs = await Promise.all(
      ['solo', 'relay', 'solo'].map((workflow) => runIn(graph, 'RUNNING', { workflow, project })),
    )
    const alive = await runIn(graph, 'RUNNING', { project, leaseSeconds: 3600 })
    for (const { id } of runs) await passTime(graph.store, id, 60)
    const query = `query ($f: RunFilter) { runs(filter: $f) { totalCount edges { node { id status events { nodes { type } } } } } }`
    const { runs: running } = await graph.read(query, { f: { project, statuses: ['RUNNING'] } })
    expect(running.totalCount).toBe(1)
    expect(running.edges.map(({ node }: Data) => node.id)).toEqual([alive.id])
    const { runs: all } = await graph.read(query, { f: { project } })
    const statuses = all.edges.map(({ node }: Data) => node.status)
    expect(statuses.toSorted()).toEqual(['FAILED', 'FAILED', 'QUEUED', 'RUNNING'])
  })

  it('finds it through an execution too', async () => {
    const { id: runId } = await runIn(graph, 'RUNNING')
    const { execution } = await graph.mutate(
      'startExecution',
      { runId, fence: 1, command: 'x' },
      '... on StartExecutionSuccess { execution { id } }',
    )
    await passTime(graph.store, runId, 60)
    const query = 'query ($id: ID!) { node(id: $id) { ... on Execution { end outcome run { status } } } }'
    expect(await graph.read(query, { id: execution.id })).toEqual({
      node: { end: 'SUPERVISOR_LOST', outcome: 'FAILED', run: { status: 'FAILED' } },
    })
  })

  it('leaves alone what has a moment left', async () => {
    const { id, revision } = await runIn(graph, 'RUNNING')
    await passTime(graph.store, id, 20)
    expect((await graph.read(RUN, { id })).run).toMatchObject({
      status: 'RUNNING',
      revision,
      lease: { isLive: true },
    })
  })
})

describe('verifyRun', () => {
  const VERIFY = `query ($id: ID!) { verifyRun(id: $id) { __typename ... on VerifyRunSuccess { isConsistent differences eventsChecked run { id } }
    ... on NotFound { kind id } ... on Forbidden { message requiredRole } } }`

  it('tells whether a run is what its log says', async () => {
    const { id, revision } = await runIn(graph, 'COMPLETED')
    const good = { isConsistent: true, differences: [], eventsChecked: revision, run: { id } }
    expect(await graph.read(VERIFY, { id })).toEqual({
      verifyRun: { __typename: 'VerifyRunSuccess', ...good },
    })
    await corrupt(id, `title = 'forged'`)
    const { verifyRun } = await graph.read(VERIFY, { id })
    expect(verifyRun).toMatchObject({
      isConsistent: false,
      differences: ['G6: title is not what the log says'],
    })
  })

  it('is refused for what is not there or not to be seen', async () => {
    const { id } = await begin(graph)
    expect(await graph.read(VERIFY, { id: UNKNOWN })).toMatchObject({
      verifyRun: { __typename: 'NotFound', kind: 'RUN', id: UNKNOWN },
    })
    const as = { ...graph.callers.viewer, projects: ['elsewhere'] }
    expect(await graph.read(VERIFY, { id }, { as })).toMatchObject({
      verifyRun: { __typename: 'Forbidden', requiredRole: null },
    })
  })
})

describe('doctor', () => {
  const DOCTOR = `query ($first: Int, $after: String) { doctor(first: $first, after: $after) { runsChecked violations { guarantee runId detail }
    pageInfo { hasNextPage hasPreviousPage endCursor } } }`

  it('goes through all runs, page by page, and finds the one that was tampered with', async () => {
    const { id } = await runIn(graph, 'FAILED')
    await corrupt(id, `error = 'forged'`)
    const { runs } = await graph.read('{ runs(first: 0) { totalCount } }')
    const found: Data[] = []
    let checked = 0
    for (let after: string | null = null, more = true; more;) {
      const { doctor }: Data = await graph.read(DOCTOR, { first: 3, after })
      expect(doctor.pageInfo.hasPreviousPage).toBe(after !== null)
      found.push(...doctor.violations)
      checked += doctor.runsChecked
      after = doctor.pageInfo.endCursor
      more = doctor.pageInfo.hasNextPage
    }
    expect(checked).toBe(runs.totalCount)
    expect(found).toContainEqual({ guarantee: 'G6', runId: id, detail: 'error is not what the log says' })
  })

  it('is for ADMIN alone', async () => {
    const { operator } = graph.callers
    expect(codesOf(await graph.ask(DOCTOR, {}, { as: operator }))).toEqual(['FORBIDDEN'])
    expect(codesOf(await graph.ask('{ tokens { nodes { id } } }', {}, { as: operator }))).toEqual([
      'FORBIDDEN',
    ])
  })
})

describe('an ADMIN limited to a project', () => {
  const SWEEP = '... on SweepSuccess { lapsed expired isDryRun }'
  const DOCTOR = `query ($first: Int, $after: String) { doctor(first: $first, after: $after) { runsChecked violations { runId }
    pageInfo { hasNextPage endCursor } } }`
  const runsOf = async (project: string) => {
    const lost = await runIn(graph, 'RUNNING', { project })
    await passTime(graph.store, lost.id, 60)
    const forged = await runIn(graph, 'FAILED', { project })
    await corrupt(forged.id, `error = 'forged'`)
    return { lost: lost.id, forged: forged.id }
  }

  it('is told by sweep and doctor of that project alone, also by their cursors', async () => {
    const ours = await runsOf('reach-ours')
    const theirs = await runsOf('reach-theirs')
    const as = { ...graph.callers.admin, projects: ['reach-ours'] }

    const violations: string[] = []
    let checked = 0
    for (let after: string | null = null, more = true; more;) {
      const { doctor }: Data = await graph.read(DOCTOR, { first: 1, after }, { as })
      checked += doctor.runsChecked
      violations.push(...doctor.violations.map(({ runId }: Data) => runId))
      const place = Buffer.from(doctor.pageInfo.endCursor ?? '', 'base64url').toString()
      for (const id of Object.values(theirs)) expect(place).not.toContain(id)
      after = doctor.pageInfo.endCursor
      more = doctor.pageInfo.hasNextPage
    }
    expect(checked).toBe(2)
    expect(violations).toEqual([ours.forged])

    const would = await graph.mutate('sweep', { isDryRun: true }, SWEEP, { as })
    expect(would).toMatchObject({ lapsed: [ours.lost], expired: [] })
    expect(await graph.mutate('sweep', {}, SWEEP, { as })).toMatchObject({ lapsed: [ours.lost] })
    const { rows } = await graph.store.pool.query('SELECT status FROM run WHERE id = $1', [theirs.lost])
    expect(rows).toEqual([{ status: 'RUNNING' }])
    const whole = await graph.mutate('sweep', { isDryRun: true }, SWEEP)
    expect(whole.lapsed).toContain(theirs.lost)
  })
})

describe('resolveRun', () => {
  const RESOLVE = `query ($i: ResolveRunInput!) { resolveRun(input: $i) { __typename ... on ResolveRunSuccess { via run { id } }
    ... on AmbiguousRun { message candidates { id } } ... on NoActiveRun { message } ... on NotFound { kind id } } }`
  const resolve = async (input: object, as = graph.callers.worker) =>
    (await graph.read(RESOLVE, { i: input }, { as })).resolveRun

  it('takes what is explicit, else the run of an execution, else the only active one', async () => {
    const project = 'resolve'
    expect(await resolve({ project })).toEqual({ __typename: 'NoActiveRun', message: expect.any(String) })
    const { id } = await runIn(graph, 'RUNNING', { project, leaseSeconds: 3600 })
    const found = { __typename: 'ResolveRunSuccess', run: { id } }
    expect(await resolve({ project })).toEqual({ ...found, via: 'ONLY_ACTIVE' })
    const { execution } = await graph.mutate(
      'startExecution',
      { runId: id, fence: 1, command: 'x' },
      '... on StartExecutionSuccess { execution { id } }',
    )
    const other = await begin(graph, { project })
    expect(await resolve({ executionId: execution.id, project })).toEqual({ ...found, via: 'EXECUTION' })
    expect(await resolve({ runId: other.id, executionId: execution.id })).toMatchObject({
      via: 'EXPLICIT',
      run: { id: other.id },
    })
    expect(await resolve({ project })).toMatchObject({
      __typename: 'AmbiguousRun',
      candidates: [{ id: other.id }, { id }],
    })
    expect(await resolve({}, agentOf(id, 1))).toEqual({ ...found, via: 'ONLY_ACTIVE' })
  })

  it('never guesses', async () => {
    const alone = await graph.mutate(
      'startExecution',
      { command: 'x' },
      '... on StartExecutionSuccess { execution { id } }',
    )
    expect(await resolve({ executionId: alone.execution.id })).toMatchObject({ __typename: 'NoActiveRun' })
    expect(await resolve({ runId: UNKNOWN })).toEqual({ __typename: 'NotFound', kind: 'RUN', id: UNKNOWN })
    const executionId = 'exe_01jd0000000000000000000000'
    expect(await resolve({ executionId })).toEqual({
      __typename: 'NotFound',
      kind: 'EXECUTION',
      id: executionId,
    })
    const { id: runId } = await begin(graph, { project: 'theirs' })
    const as = { ...graph.callers.worker, projects: ['ours'] }
    for (const i of [{ runId }, { project: 'theirs' }])
      expect(codesOf(await graph.ask(RESOLVE, { i }, { as }))).toEqual(['FORBIDDEN'])
    // nor is any of theirs a candidate
    for (const project of ['ours', 'theirs']) await begin(graph, { project })
    expect(await resolve({}, as)).toMatchObject({ __typename: 'ResolveRunSuccess', via: 'ONLY_ACTIVE' })
  })
})

import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRun } from '../../../src/commands/run/startRun.ts'
import { countStatements, type Data, openTestGraph, type TestGraph } from '../../support/graphql.ts'
import { begin, runIn, toStart } from '../../support/runs.ts'
import { ROUNDS, SOLO } from '../../support/workflows.ts'
import { toOutput } from '../../support/entries.ts'

let graph: TestGraph

beforeAll(async () => {
  graph = await openTestGraph({ workflows: [SOLO, ROUNDS], connections: 6 })
})
afterAll(() => graph.close())

/** Reads over and over while something is written. */
async function readWhile<T>(writing: Promise<unknown>, read: () => Promise<T>): Promise<T[]> {
  const all: T[] = []
  let isOver = false
  const over = writing.finally(() => (isOver = true))
  while (!isOver) all.push(...(await Promise.all([read(), read(), read()])))
  await over
  return all
}

describe('one request', () => {
  it('shows a run and all that hangs below it at one revision, while it is being changed', async () => {
    const { id: runId } = await runIn(graph, 'RUNNING', { workflow: 'rounds', leaseSeconds: 600 })
    const write = async () => {
      for (let i = 0; i < 25; i++) {
        const { execution } = await graph.mutate(
          'startExecution',
          { runId, fence: 1, command: 'x' },
          '... on StartExecutionSuccess { execution { id } }',
        )
        await graph.mutate('finishExecution', { executionId: execution.id, exitCode: 1 }, '')
        await graph.mutate('startPhase', { runId, phase: 'draft', fence: 1, isRepair: i > 0 }, '')
      }
    }
    const frames = await readWhile(write(), () =>
      graph.read(
        `query ($id: ID!) { run(id: $id) { revision currentPhase { attempts } phases(round: 1) { key attempts }
          executions(first: 100) { edges { node { end outcome run { revision } } } }
          events(first: 500) { nodes { seq type } } } }`,
        { id: runId },
      ),
    )
    expect(new Set(frames.map(({ run }) => run.revision)).size).toBeGreaterThan(5)
    for (const { run } of frames) {
      const count = (type: string) => run.events.nodes.filter((event: Data) => event.type === type).length
      const executions: Data[] = run.executions.edges.map(({ node }: Data) => node)
      expect(run.events.nodes.at(-1).seq).toBe(run.revision)
      expect(run.currentPhase.attempts).toBe(count('PHASE_STARTED'))
      expect(run.phases[0].attempts).toBe(count('PHASE_STARTED'))
      expect(executions).toHaveLength(count('EXECUTION_STARTED'))
      expect(executions.filter(({ end }) => end !== null)).toHaveLength(count('EXECUTION_FINISHED'))
      expect(new Set(executions.map((each) => each.run.revision))).toEqual(
        new Set(executions.length > 0 ? [run.revision] : []),
      )
    }
  })

  it('counts the runs that it lists, while runs are started', async () => {
    const counts = new Set<number>()
    const write = async () => {
      while (counts.size <= 5)
        await startRun(graph.commands, graph.callers.admin, toStart({ project: 'counted' }))
    }
    const pages = await readWhile(write(), async () => {
      const page = await graph.read(
        `{ runs(filter: { project: "counted" }, first: 500) { totalCount edges { cursor } }
           runCounts(filter: { project: "counted" }) { count } }`,
      )
      counts.add(page.runs.totalCount as number)
      return page
    })
    for (const { runs, runCounts } of pages) {
      expect(runs.edges).toHaveLength(runs.totalCount)
      expect(runCounts.reduce((sum: number, { count }: Data) => sum + count, 0)).toBe(runs.totalCount)
    }
  })

  it('shows one moment of the clock for every run', async () => {
    const one = await begin(graph)
    const { node, runs } = await graph.read(
      'query ($id: ID!) { node(id: $id) { ... on Run { asOf } } runs(first: 50) { totalCount edges { node { asOf } } } }',
      { id: one.id },
    )
    expect(new Set([node.asOf, ...runs.edges.map((edge: Data) => edge.node.asOf)]).size).toBe(1)
  })
})

describe('snapshots', () => {
  const MANY = '{ runs(first: 3) { totalCount edges { node { id events { nodes { seq } } } } } }'

  it('do not exhaust the pool, however many readers come at once', async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, () => graph.read(MANY)))
    expect(answers).toHaveLength(60)
    const { pool } = graph.store
    expect({ waiting: pool.waitingCount, busy: pool.totalCount - pool.idleCount }).toEqual({
      waiting: 0,
      busy: 0,
    })
    expect(await transactionsLeftOpen()).toBe(0)
  })

  it('give their connection back when the reader is cut off', async () => {
    const blocker = new pg.Client(graph.poolConfig)
    await blocker.connect()
    try {
      await blocker.query('BEGIN; LOCK TABLE event IN ACCESS EXCLUSIVE MODE')
      const reading = graph.ask(MANY)
      await expect.poll(() => terminateWaiting(blocker)).toBe(1)
      const { errors } = await reading
      expect(errors?.length).toBeGreaterThan(0)
    } finally {
      await blocker.query('ROLLBACK')
      await blocker.end()
    }
    expect(await transactionsLeftOpen()).toBe(0)
    expect((await graph.read(MANY)).runs.edges.length).toBeGreaterThan(0)
  })

  it('are not taken where one statement is all there is to send', async () => {
    const { id } = await begin(graph)
    const run =
      'query ($id: ID!) { run(id: $id) { status workflow { name } phases { key } lease { owner } } }'
    await graph.read(run, { id })
    expect(await countStatements(graph.store, () => graph.read(run, { id }))).toBe(1)
  })

  async function transactionsLeftOpen(): Promise<number> {
    const { rows } = await graph.store.pool.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`,
    )
    return rows[0]?.count ?? 0
  }

  async function terminateWaiting(client: pg.Client): Promise<number> {
    const { rows } = await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()`,
    )
    return rows.length
  }
})

describe('the number of statements', () => {
  const listing = (fields: string) =>
    `query ($project: String!) { runs(filter: { project: $project }, first: 50) { totalCount feedCursor edges { node { ${fields} } } } }`
  const BESIDE = `id status nextAction allowedCommands outcome missingEvidence { kind } workflow { name phases { key } }
    currentPhase { key nextPhases } lease { owner isLive } phases { key } earlier: phases(round: 1) { key }
    events(first: 5) { nodes { seq summary } } continues { id } executions(first: 5) { edges { node { outcome run { status } phase { key } } } }`
  const BELOW = `sessions { nodes { id status run { status } transcript(first: 2) { nodes { seq text } } } } currentPhase { key artifacts { nodes { path } } }
    approvals(first: 2) { edges { node { id status run { id } phase { key } } } } messages(first: 2) { edges { node { text run { id } } } }
    artifacts(first: 2) { edges { node { path phase { key artifacts { nodes { path } } } } } }
    children(first: 2) { totalCount edges { node { id status parent { id title } } } }`

  const succeed = async (name: string, input: object, selection = ''): Promise<Data> => {
    const answer = await graph.mutate(name, input, selection)
    expect(answer.__typename).toMatch(/Success$/)
    return answer
  }

  /** Starts a run that has some of everything below it. */
  async function start(project: string): Promise<void> {
    const { id: runId } = await runIn(graph, 'RUNNING', { workflow: 'rounds', project, leaseSeconds: 600 })
    const held = { runId, fence: 1 }
    await succeed('startPhase', { ...held, phase: 'draft' })
    const { execution } = await succeed(
      'startExecution',
      { ...held, command: 'x', phase: 'draft' },
      '... on StartExecutionSuccess { execution { id } }',
    )
    await succeed('finishExecution', { executionId: execution.id, exitCode: 0 })
    await succeed('startRun', { workflow: 'solo', project: `${project}'s children`, parentRunId: runId })
    const { session } = await succeed(
      'openSession',
      { ...held, role: 'writer', adapter: 'scripted' },
      '... on OpenSessionSuccess { session { id } }',
    )
    await succeed('appendTranscript', {
      sessionId: session.id,
      fence: 1,
      fromSeq: 1,
      entries: toOutput('a', 'b'),
    })
    await succeed('sendMessage', { runId, text: 'hello' })
    await succeed('submitArtifact', { ...held, phase: 'draft', path: 'notes.md', content: 'notes' })
    await succeed('requestApproval', { ...held, phase: 'draft', gate: 'g', question: 'Good?' })
  }

  beforeAll(async () => {
    await start('one')
    await Promise.all(Array.from({ length: 50 }, () => start('fifty')))
  })

  it.each([
    ['what is beside', BESIDE, 12],
    ['what is below', BELOW, 16],
  ])('is the same for one run as for fifty, with %s them', async (_, fields, most) => {
    const counts: number[] = []
    for (const project of ['one', 'fifty']) {
      const ask = () => graph.read(listing(fields), { project })
      expect((await ask()).runs.edges).toHaveLength(project === 'one' ? 1 : 50)
      counts.push(await countStatements(graph.store, ask))
    }
    expect(counts[1]).toBe(counts[0])
    expect(counts[0]).toBeLessThan(most)
  })

  it('shows with each run what is below that run', async () => {
    const { runs } = await graph.read(listing(`id ${BELOW}`), { project: 'fifty' })
    for (const { node } of runs.edges) {
      expect(node).toMatchObject({
        sessions: {
          nodes: [
            {
              status: 'CREATED',
              run: { status: 'AWAITING_APPROVAL' },
              transcript: { nodes: [{ text: 'a' }, { text: 'b' }] },
            },
          ],
        },
        currentPhase: { key: 'draft', artifacts: { nodes: [{ path: 'notes.md' }] } },
        approvals: {
          edges: [{ node: { status: 'PENDING', run: { id: node.id }, phase: { key: 'draft' } } }],
        },
        messages: { edges: [{ node: { text: 'hello', run: { id: node.id } } }] },
        artifacts: { edges: [{ node: { path: 'notes.md', phase: { key: 'draft' } } }] },
        children: { totalCount: 1, edges: [{ node: { status: 'QUEUED', parent: { id: node.id } } }] },
      })
    }
  })

  it('counts the inbox of approvals as one, with their runs and phases', async () => {
    const INBOX = `query ($first: Int) { approvals(first: $first) { edges { node { id run { id title } phase { key artifacts { nodes { path } } } } } } }`
    const counts = []
    for (const first of [1, 50])
      counts.push(await countStatements(graph.store, () => graph.read(INBOX, { first })))
    expect(counts[1]).toBe(counts[0])
  })

  it('has one for contents only where they are selected', async () => {
    const ARTIFACTS = (fields: string) =>
      `{ runs(filter: { project: "fifty" }, first: 20) { edges { node { artifacts(first: 1) { edges { node { ${fields} } } } } } } }`
    const without = await countStatements(graph.store, () => graph.read(ARTIFACTS('path')))
    expect(await countStatements(graph.store, () => graph.read(ARTIFACTS('path content')))).toBe(without + 1)
  })
})

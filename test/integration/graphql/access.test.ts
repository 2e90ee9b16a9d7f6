import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Caller } from '../../../src/commands/kit/context.ts'
import type { Run } from '../../../src/lifecycle/run/run.ts'
import { agentOf } from '../../support/callers.ts'
import { codesOf, type Data, openTestGraph, type TestGraph } from '../../support/graphql.ts'
import { findLiveClaims } from '../../../src/store/account/findLiveClaims.ts'
import { passTime } from '../../support/passTime.ts'
import { begin, runIn } from '../../support/runs.ts'
import { SOLO, TIMED } from '../../support/workflows.ts'

let graph: TestGraph
let mine: Run
let other: Run
let limited: Caller
let agent: Caller
const executions: Record<string, string> = {}

beforeAll(async () => {
  graph = await openTestGraph({ workflows: [SOLO, TIMED] })
  mine = await runIn(graph, 'RUNNING', { project: 'apollo', leaseSeconds: 3600 })
  other = await runIn(graph, 'RUNNING', { project: 'gemini', leaseSeconds: 3600 })
  limited = { ...graph.callers.worker, principalId: 'prn_lim', name: 'lim', projects: ['apollo', 'vostok'] }
  agent = agentOf(mine.id, 1)
  const start = async (name: string, input: object, as: Caller) => {
    const selection = '... on StartExecutionSuccess { execution { id } }'
    const answer = await graph.mutate('startExecution', { command: name, ...input }, selection, { as })
    executions[name] = answer.execution.id
  }
  await start('mine', { runId: mine.id, fence: 1 }, graph.callers.worker)
  await start('other', { runId: other.id, fence: 1 }, graph.callers.worker)
  await start('alone', {}, graph.callers.worker)
  await start('own', {}, limited)
})
afterAll(() => graph.close())

const RUN = 'query ($id: ID!) { run(id: $id) { id } }'
const RUN_STATUS = 'query ($id: ID!) { run(id: $id) { status } }'
const NODE = 'query ($id: ID!) { node(id: $id) { __typename id } }'
const NODES = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }'

describe('node', () => {
  it('finds whatever has an id, each of its type', async () => {
    const phase = mine.phases[0]!
    const { token } = await graph.mutate(
      'createToken',
      { principal: { name: 't' }, role: 'VIEWER' },
      '... on CreateTokenSuccess { token { id } }',
    )
    const named = [
      ['Run', mine.id],
      ['Phase', phase.id],
      ['Execution', executions['mine']],
      ['Workflow', mine.workflow.id],
      ['Token', token.id],
    ]
    for (const [__typename, id] of named)
      expect(await graph.read(NODE, { id })).toEqual({ node: { __typename, id } })
    const ids = named.map(([, id]) => id)
    const unknown = ids.map((id) => `${id!.slice(0, 4)}01jd0000000000000000000000`)
    const { nodes } = await graph.read(NODES, { ids: [...ids, ...unknown] })
    expect(nodes).toEqual([
      ...named.map(([__typename, id]) => ({ __typename, id })),
      null,
      null,
      null,
      null,
      null,
    ])
  })

  it('lets one id that is refused stand alone among the others, and is null for what is none', async () => {
    const answer = await graph.ask(NODES, { ids: [mine.id, 'nope', other.id] }, { as: limited })
    expect(answer.data).toEqual({ nodes: [{ __typename: 'Run', id: mine.id }, null, null] })
    expect(codesOf(answer)).toEqual(['FORBIDDEN'])
    const many = await graph.ask(NODES, { ids: Array.from({ length: 501 }, () => mine.id) })
    expect(codesOf(many)).toEqual(['BAD_USER_INPUT'])
  })
})

describe('a token limited to projects', () => {
  const as = () => ({ as: limited })

  it('sees the runs of these, and no others', async () => {
    expect(await graph.read(RUN, { id: mine.id }, as())).toEqual({ run: { id: mine.id } })
    const answer = await graph.ask(RUN, { id: other.id }, as())
    expect(answer.data).toEqual({ run: null })
    expect(codesOf(answer)).toEqual(['FORBIDDEN'])
    expect(codesOf(await graph.ask(NODE, { id: other.phases[0]!.id }, as()))).toEqual(['FORBIDDEN'])
    expect(codesOf(await graph.ask(NODE, { id: executions['other'] }, as()))).toEqual(['FORBIDDEN'])
  })

  it('lists and counts these alone', async () => {
    const query = `query ($f: RunFilter) { runs(filter: $f) { totalCount edges { node { project } } } runCounts(filter: $f) { count } }`
    const { runs, runCounts } = await graph.read(query, {}, as())
    expect(runs).toEqual({ totalCount: 1, edges: [{ node: { project: 'apollo' } }] })
    expect(runCounts.reduce((sum: number, { count }: Data) => sum + count, 0)).toBe(1)
    expect((await graph.read(query, { f: { project: 'gemini' } }, as())).runs.totalCount).toBe(0)
  })

  it('sees the executions of these, and of those without a run its own', async () => {
    const listed = async (who: Caller) =>
      (await graph.read('{ executions { edges { node { command } } } }', {}, { as: who })).executions.edges
        .map(({ node }: Data) => node.command)
        .toSorted()
    expect(await listed(limited)).toEqual(['mine', 'own'])
    expect(await listed(agent)).toEqual(['mine'])
    expect(await listed(graph.callers.viewer)).toEqual(['alone', 'mine', 'other', 'own'])
    expect(codesOf(await graph.ask(NODE, { id: executions['alone'] }, as()))).toEqual(['FORBIDDEN'])
    expect((await graph.read(NODE, { id: executions['own'] }, as())).node.id).toBe(executions['own'])
  })

  it('follows these alone', async () => {
    const answer = await graph.follow(
      'subscription ($id: ID!) { runChanged(runId: $id) { status } }',
      { id: other.id },
      as(),
    )
    expect(codesOf(answer as object)).toEqual(['FORBIDDEN'])
  })
})

describe('an agent', () => {
  const as = () => ({ as: agent })

  it('sees its own run and nothing else', async () => {
    expect(
      await graph.read(
        `query ($id: ID!) { run(id: $id) { allowedCommands executions { edges { node { command } } } } }`,
        { id: mine.id },
        as(),
      ),
    ).toEqual({
      run: {
        allowedCommands: ['FAIL', 'START_PHASE', 'REQUEST_APPROVAL'],
        executions: { edges: [{ node: { command: 'mine' } }] },
      },
    })
    expect((await graph.read('{ runs { edges { node { id } } } }', {}, as())).runs.edges).toEqual([
      { node: { id: mine.id } },
    ])
    const elsewhere = await begin(graph, { project: 'apollo' })
    for (const [document, variables] of [
      [RUN, { id: elsewhere.id }],
      [NODE, { id: mine.workflow.id }],
      [NODE, { id: executions['own'] }],
      ['{ workflows { edges { cursor } } }'],
      ['{ workflow(name: "solo") { id } }'],
      ['{ tokens { nodes { id } } }'],
      ['{ doctor { runsChecked } }'],
    ] as const)
      expect([document, codesOf(await graph.ask(document, variables, as()))]).toEqual([
        document,
        ['FORBIDDEN'],
      ])
    expect(
      codesOf((await graph.follow('subscription { runsChanged { runId } }', {}, as())) as object),
    ).toEqual(['FORBIDDEN'])
  })

  it('whose claim is over is answered for its late mutations, not for reads', async () => {
    const gone = { as: agentOf(mine.id, 7), isLive: false }
    expect(codesOf(await graph.ask(RUN, { id: mine.id }, gone))).toEqual(['UNAUTHENTICATED'])
    const stream = await graph.follow(
      'subscription ($id: ID!) { runChanged(runId: $id) { status } }',
      { id: mine.id },
      gone,
    )
    expect(codesOf(stream as object)).toEqual(['UNAUTHENTICATED'])
    const late = await graph.mutate(
      'completeRun',
      { runId: mine.id },
      '... on LeaseLost { yourFence currentFence }',
      gone,
    )
    expect(late).toEqual({ __typename: 'LeaseLost', yourFence: 7, currentFence: 7 })
  })

  it('whose claim is over is told nothing of the run by any mutation, whatever it asks to be shown', async () => {
    const { id: runId } = await runIn(graph, 'RUNNING', { leaseSeconds: 3600 })
    const { worker, operator } = graph.callers
    const gone = { as: agentOf(runId, 1), isLive: false }
    const live = { as: agentOf(runId, 1) }
    const started = await graph.mutate(
      'startExecution',
      { runId, command: 'x' },
      '... on StartExecutionSuccess { execution { id } }',
      live,
    )
    const keyed = { runId, phase: 'work', idempotencyKey: 'k' }
    await graph.mutate('startPhase', keyed, '', live)
    const opened = await graph.mutate(
      'openSession',
      { runId, role: 'r', adapter: 'a' },
      '... on OpenSessionSuccess { session { id } }',
      live,
    )
    const message = { runId, text: 'secret' }
    const sent = await graph.mutate(
      'sendMessage',
      message,
      '... on SendMessageSuccess { runMessage { id } }',
      {
        as: operator,
      },
    )
    await graph.mutate('releaseRun', { runId, fence: 1 }, '', { as: worker })
    await graph.mutate('claimRun', { runId, owner: 'next', leaseSeconds: 600 }, '', { as: worker })
    const shown = '... on LeaseLost { message yourFence currentFence run { id title } }'
    const lost = {
      __typename: 'LeaseLost',
      message: expect.any(String),
      yourFence: 1,
      currentFence: 1,
      run: null,
    }
    const sessionId = opened.session.id
    for (const [name, input] of [
      ['startPhase', { runId, phase: 'work' }],
      // the same once more: its answer would tell of the run
      ['startPhase', keyed],
      ['advancePhase', { runId, to: 'nowhere' }],
      ['failPhase', { runId, phase: 'work', error: { class: 'FATAL', code: 'E', message: 'm' } }],
      ['completeRound', { runId }],
      ['completeRun', { runId }],
      ['failRun', { runId, error: 'x' }],
      ['startExecution', { runId, command: 'y' }],
      ['openSession', { runId, role: 'r', adapter: 'a' }],
      ['updateSession', { sessionId, status: 'BOOTSTRAPPING' }],
      ['recordPrompt', { sessionId, phase: 'work', dedupKey: 'd', stage: 'SENDING' }],
      ['submitArtifact', { runId, phase: 'work', path: 'p', content: 'c' }],
      ['requestApproval', { runId, gate: 'g', question: '?' }],
      ['acknowledgeMessage', { messageId: sent.runMessage.id, receipt: 'DELIVERED' }],
    ] as const)
      expect([name, await graph.mutate(name, input, shown, gone)]).toEqual([name, lost])
    // also where it settled, when a receipt needs no lease
    await graph.mutate('failRun', { runId, fence: 2, error: 'x' }, '', { as: worker })
    const receipt = { messageId: sent.runMessage.id, receipt: 'CONSUMED' }
    expect(await graph.mutate('acknowledgeMessage', receipt, shown, gone)).toEqual(lost)

    // how its process ended is a fact, which it may tell; of the run it sees nothing through it
    const { id: executionId } = started.execution
    const through =
      '... on FinishExecutionSuccess { outcome execution { id exitCode outcome run { id } phase { id } } }'
    const document = `mutation ($input: FinishExecutionInput!) { finishExecution(input: $input) { __typename ${through} } }`
    const { data, errors } = await graph.ask(document, { input: { executionId, exitCode: 3 } }, gone)
    expect(data?.finishExecution).toEqual({
      __typename: 'FinishExecutionSuccess',
      outcome: null,
      execution: { id: executionId, exitCode: 3, outcome: null, run: null, phase: null },
    })
    expect(new Set(errors?.map(({ extensions }) => extensions['code']))).toEqual(new Set(['UNAUTHENTICATED']))
    const again = await graph.mutate('finishExecution', { executionId, exitCode: 4 }, '', gone)
    expect(again).toEqual({ __typename: 'Forbidden' })
  })

  it('that ended its run is told so again, and shown nothing of it', async () => {
    const { id: runId } = await runIn(graph, 'RUNNING', { leaseSeconds: 3600 })
    const fail = { runId, error: 'x', idempotencyKey: 'once' }
    const shown = '... on FailRunSuccess { isReplayed run { id } }'
    expect(await graph.mutate('failRun', fail, shown, { as: agentOf(runId, 1) })).toMatchObject({
      run: { id: runId },
    })
    const gone = { as: agentOf(runId, 1), isLive: false }
    expect(await graph.mutate('failRun', fail, shown, gone)).toEqual({
      __typename: 'FailRunSuccess',
      isReplayed: true,
      run: null,
    })
  })

  it('has no claim any more on a settled run whose lease is over, though that stands on the row', async () => {
    const { id: runId } = await runIn(graph, 'RUNNING', { workflow: 'timed', leaseSeconds: 3600 })
    const claim = { runId, fence: 1 }
    await passTime(graph.store, runId, 2000)
    await graph.mutate('startPhase', { runId, phase: 'work', fence: 1 }, '', { as: graph.callers.worker })
    expect((await graph.read(RUN_STATUS, { id: runId })).run.status).toBe('FAILED')
    expect(await findLiveClaims(graph.store.pool, [claim])).toEqual([claim])
    await passTime(graph.store, runId, 2000)
    expect(await findLiveClaims(graph.store.pool, [claim])).toEqual([])
  })
})

describe('viewer and server', () => {
  it('tell who asks, and who answers', async () => {
    const { viewer, server } = await graph.read(
      '{ viewer { name role } server { version asOf } }',
      {},
      { as: limited },
    )
    expect(viewer).toEqual({ name: 'lim', role: 'WORKER' })
    expect(server.version).toBe('1.2.3')
    expect(Math.abs(Date.parse(server.asOf) - Date.now())).toBeLessThan(60_000)
  })
})

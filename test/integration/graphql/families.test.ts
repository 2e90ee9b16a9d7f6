import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Caller } from '../../../src/commands/kit/context.ts'
import { agentOf } from '../../support/callers.ts'
import { codesOf, type Data, openTestGraph, type TestGraph } from '../../support/graphql.ts'
import { begin, runIn } from '../../support/runs.ts'
import { ROUNDS, SOLO } from '../../support/workflows.ts'
import { findViolations, mistake, problem, send, succeeded } from './send.ts'

let graph: TestGraph
let operator: Caller

beforeAll(async () => {
  graph = await openTestGraph({ workflows: [SOLO, ROUNDS] })
  operator = graph.callers.operator
})
afterAll(() => graph.close())

const START = `... on StartRunSuccess { run { id status round parent { id } continues { id } } isReplayed }
  ... on RunNotActive { status run { id } } ... on NotFound { kind id } ... on WorkflowMismatch { name version }
  ... on ConcurrencyConflict { holder { id } } ... on AlreadyContinued { by { id status } }`
const CANCEL = `... on CancelRunSuccess { hasChanged isReplayed childrenCancelled childrenLeft { id status } run { id status } }`

const start = (input: object, as = operator): Promise<Data> =>
  send(graph, 'startRun', { workflow: 'solo', ...input }, START, as)
const cancel = (input: object, as = operator): Promise<Data> => send(graph, 'cancelRun', input, CANCEL, as)
const childOf = async (parentRunId: string, input: object = {}): Promise<string> =>
  succeeded(await start({ parentRunId, ...input })).run.id
const statusOf = async (id: string): Promise<Data> =>
  (await graph.read('query ($id: ID!) { run(id: $id) { status reason } }', { id })).run
const hold = (runId: string) => graph.mutate('claimRun', { runId, owner: 'w' }, '')

describe('a child', () => {
  it('is started below an active parent, and listed with it, the newest first', async () => {
    const { id: parent } = await begin(graph)
    const children: string[] = []
    for (let i = 0; i < 3; i++) children.unshift(await childOf(parent, { title: `${i}` }))
    const CHILDREN = `query ($id: ID!, $first: Int, $after: String) { run(id: $id) { parent { id } children(first: $first, after: $after) {
      totalCount feedCursor edges { node { id parent { id } } } pageInfo { hasNextPage hasPreviousPage endCursor } } } }`
    const { run } = await graph.read(CHILDREN, { id: parent })
    expect(run.parent).toBeNull()
    expect(run.children).toMatchObject({ totalCount: 3, feedCursor: expect.stringMatching(/./) })
    expect(run.children.edges.map(({ node }: Data) => node)).toEqual(
      children.map((id) => ({ id, parent: { id: parent } })),
    )
    const page = (await graph.read(CHILDREN, { id: parent, first: 2 })).run.children
    expect(page.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
    const rest = (await graph.read(CHILDREN, { id: parent, after: page.pageInfo.endCursor })).run.children
    expect(rest.edges.map(({ node }: Data) => node.id)).toEqual(children.slice(2))
    expect(rest.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
    expect((await graph.read(CHILDREN, { id: children[0] })).run.children).toMatchObject({
      totalCount: 0,
      edges: [],
    })
    expect(codesOf(await graph.ask(CHILDREN, { id: parent, after: 'x' }))).toEqual(['BAD_USER_INPUT'])
  })

  it('continues in the feed from where it was listed', async () => {
    const { id: parent } = await begin(graph, { project: 'feed' })
    const child = await childOf(parent, { project: 'feed' })
    const { run } = await graph.read('query ($id: ID!) { run(id: $id) { children { feedCursor } } }', {
      id: parent,
    })
    succeeded(await cancel({ runId: child }))
    const stream = await graph.follow(
      'subscription ($after: String) { runsChanged(filter: { project: "feed" }, after: $after) { runId run { status } } }',
      { after: run.children.feedCursor },
    )
    if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream))
    expect((await stream.next()).value.data.runsChanged).toEqual({
      runId: child,
      run: { status: 'CANCELLED' },
    })
    await stream.return?.()
  })

  it('is shown only to anyone who sees its project', async () => {
    const { id: parent } = await begin(graph, { project: 'here' })
    const near = await childOf(parent, { project: 'here' })
    const far = await childOf(parent, { project: 'there' })
    const CHILDREN =
      'query ($id: ID!) { run(id: $id) { parent { id } children { totalCount edges { node { id } } } } }'
    const here = { ...operator, projects: ['here'] }
    const { run } = await graph.read(CHILDREN, { id: parent }, { as: here })
    expect(run.children).toEqual({ totalCount: 1, edges: [{ node: { id: near } }] })
    const agents = await graph.read(CHILDREN, { id: parent }, { as: agentOf(parent, 1) })
    expect(agents.run.children).toEqual({ totalCount: 0, edges: [] })
    const there = await graph.ask(CHILDREN, { id: far }, { as: { ...operator, projects: ['there'] } })
    expect(there.data?.run.parent).toBeNull()
    expect(codesOf(there)).toEqual(['FORBIDDEN'])
  })

  it('needs a parent that is active, seen and not too deep', async () => {
    const { id: over } = await runIn(graph, 'CANCELLED')
    expect(await start({ parentRunId: over })).toEqual(
      problem('RunNotActive', { status: 'CANCELLED', run: { id: over } }),
    )
    expect(await start({ parentRunId: 'run_x' })).toEqual(problem('NotFound', { kind: 'RUN', id: 'run_x' }))
    const { id: elsewhere } = await begin(graph, { project: 'elsewhere' })
    expect(
      await start({ parentRunId: elsewhere, project: 'mine' }, { ...operator, projects: ['mine'] }),
    ).toEqual(problem('Forbidden', { requiredRole: null }))
    let { id } = await begin(graph)
    for (let depth = 0; depth < 5; depth++) id = await childOf(id)
    expect(await start({ parentRunId: id })).toEqual(mistake(['parentRunId'], /at most 5/))
  })

  it('outlives a parent that is deleted', async () => {
    const { id: parent } = await begin(graph)
    const child = await childOf(parent)
    succeeded(await cancel({ runId: parent, isCascading: false }))
    succeeded(await graph.mutate('deleteRun', { runId: parent }, ''))
    const { run } = await graph.read('query ($id: ID!) { run(id: $id) { status parent { id } } }', {
      id: child,
    })
    expect(run).toEqual({ status: 'QUEUED', parent: null })
  })
})

describe('cancelRun', () => {
  it('cancels what is below, and tells which children are still stopping', async () => {
    const { id: parent } = await begin(graph)
    const child = await childOf(parent)
    const grandchild = await childOf(child)
    const held = await childOf(parent)
    await hold(held)
    const input = { runId: parent, idempotencyKey: 'cancel-1' }
    const first = await cancel(input)
    expect(first).toEqual({
      __typename: 'CancelRunSuccess',
      hasChanged: true,
      isReplayed: false,
      childrenCancelled: 2,
      childrenLeft: [{ id: held, status: 'CANCELLING' }],
      run: { id: parent, status: 'CANCELLED' },
    })
    for (const id of [child, grandchild])
      expect(await statusOf(id)).toEqual({ status: 'CANCELLED', reason: 'CLOSED_BY_PARENT' })
    // the answer that was lost is given again, with the children as they are
    expect(await cancel(input)).toEqual({ ...first, isReplayed: true })
    succeeded(await graph.mutate('confirmCancel', { runId: held, fence: 1 }, ''))
    expect(await statusOf(held)).toEqual({ status: 'CANCELLED', reason: 'CLOSED_BY_PARENT' })
    expect(await cancel(input)).toMatchObject({ childrenCancelled: 3, childrenLeft: [] })
  })

  it('cancels the children of a run whose owner is still stopping', async () => {
    const { id: parent } = await runIn(graph, 'RUNNING', { leaseSeconds: 600 })
    const child = await childOf(parent)
    expect(await cancel({ runId: parent })).toMatchObject({
      hasChanged: true,
      childrenCancelled: 1,
      childrenLeft: [],
      run: { status: 'CANCELLING' },
    })
    expect(await statusOf(child)).toEqual({ status: 'CANCELLED', reason: 'CLOSED_BY_PARENT' })
  })

  it('leaves the children alone where it is told to', async () => {
    const { id: parent } = await begin(graph)
    const child = await childOf(parent)
    expect(await cancel({ runId: parent, isCascading: false })).toMatchObject({
      childrenCancelled: 0,
      childrenLeft: [{ id: child, status: 'QUEUED' }],
    })
    expect(await statusOf(child)).toMatchObject({ status: 'QUEUED' })
  })

  it('does not name children that the caller may not see', async () => {
    const { id: parent } = await begin(graph, { project: 'seen' })
    await childOf(parent, { project: 'hidden' })
    expect(
      await cancel({ runId: parent, isCascading: false }, { ...operator, projects: ['seen'] }),
    ).toMatchObject({
      childrenLeft: [],
    })
  })
})

describe('continuesRunId', () => {
  it('continues a settled run of the same workflow, and counts its rounds on', async () => {
    const { id: runId } = await runIn(graph, 'RUNNING', { workflow: 'rounds', leaseSeconds: 600 })
    succeeded(await graph.mutate('startPhase', { runId, phase: 'draft', fence: 1 }, ''))
    succeeded(await graph.mutate('advancePhase', { runId, to: 'check', fence: 1 }, ''))
    succeeded(await graph.mutate('completeRound', { runId, fence: 1 }, ''))
    succeeded(await graph.mutate('failRun', { runId, fence: 1, error: 'x' }, ''))
    const next = succeeded(await start({ workflow: 'rounds', continuesRunId: runId }))
    expect(next.run).toMatchObject({ status: 'QUEUED', round: 2, continues: { id: runId }, parent: null })
  })

  it('is taken once: a run that is continued is neither continued again nor resumed nor deleted', async () => {
    const { id: first } = await runIn(graph, 'FAILED')
    const { run: second } = succeeded(await start({ continuesRunId: first }))
    succeeded(await graph.mutate('cancelRun', { runId: second.id }, ''))
    const { run: third } = succeeded(await start({ continuesRunId: second.id }))
    for (const continuesRunId of [first, second.id])
      expect(await start({ continuesRunId })).toEqual(
        problem('AlreadyContinued', { by: { id: third.id, status: 'QUEUED' } }),
      )
    const by = { continuedBy: { id: third.id } }
    const resumed = '... on NotResumable { because continuedBy { id } }'
    expect(await send(graph, 'resumeRun', { runId: first }, resumed, operator)).toEqual(
      problem('NotResumable', { because: 'CONTINUED', ...by }),
    )
    const deleted = '... on NotDeletable { continuedBy { id } }'
    expect(await send(graph, 'deleteRun', { runId: first }, deleted, operator)).toEqual(
      problem('NotDeletable', by),
    )
    const read = `query ($id: ID!) { run(id: $id) { isResumable allowedCommands nextAction continuedBy { id } } }`
    expect((await graph.read(read, { id: first })).run).toEqual({
      ...{ isResumable: false, allowedCommands: ['CANCEL'], nextAction: 'NONE' },
      ...by,
    })
  })

  it('is refused for another workflow, an active run, and one that is not there', async () => {
    const { id: over } = await runIn(graph, 'CANCELLED')
    expect(await start({ workflow: 'rounds', continuesRunId: over })).toEqual(
      problem('WorkflowMismatch', { name: 'solo', version: 1 }),
    )
    const { id: active } = await begin(graph)
    expect(await start({ continuesRunId: active })).toEqual(mistake(['continuesRunId'], /settled/))
    const none = active.replace('run_', 'ses_')
    expect(await start({ continuesRunId: none })).toEqual(problem('NotFound', { kind: 'RUN', id: none }))
  })
})

it('leaves every run what its log says', async () => {
  expect(await findViolations(graph)).toEqual([])
})

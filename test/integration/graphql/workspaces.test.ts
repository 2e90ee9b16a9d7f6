import type { ExecutionResult } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Caller } from '../../../src/commands/kit/context.ts'
import { openStreams } from '../../../src/events/streams.ts'
import { tailRequests } from '../../../src/events/tailRequests.ts'
import { agentOf } from '../../support/callers.ts'
import { codesOf, countStatements, type Data, openTestGraph, type TestGraph } from '../../support/graphql.ts'
import { runIn } from '../../support/runs.ts'
import { SOLO } from '../../support/workflows.ts'
import { passTimeOf, perform, request, toPlace, workDone, workIn } from '../../support/workspaces.ts'
import { findViolations, mistake, problem, send, succeeded } from './send.ts'

let graph: TestGraph
let worker: Caller
let operator: Caller

beforeAll(async () => {
  graph = await openTestGraph({ workflows: [SOLO] })
  worker = graph.callers.worker
  operator = graph.callers.operator
})
afterAll(async () => {
  const { subscribers } = graph.signals
  await graph.close()
  if (subscribers > 0) throw new Error(`${subscribers} streams were not released`)
})

const UNKNOWN_WORKSPACE = 'wsp_01jd0000000000000000000000'
const UNKNOWN_OPERATION = 'wop_01jd0000000000000000000000'
const OPERATION =
  'id kind isForced status attempt worker requestedBy expiresAt deadlineAt error { code message hint files }'
const WORKSPACE = `id project host kind path repository branch baseCommit status revision asOf allowedOperations
  preview { status url startedAt error { code } } inFlight { ${OPERATION} } createdAt removedAt`
const DONE = (name: string) =>
  `... on ${name}Success { operation { ${OPERATION} } workspace { ${WORKSPACE} } isReplayed }`
const NO_OPERATION = '... on NotFound { kind id }'
const NOT_READY =
  '... on WorkspaceNotReady { operationKind obstacle blockingRunId blockingRunStatus workspace { id allowedOperations status } }'

const ask = (input: object, as = operator): Promise<Data> =>
  send(
    graph,
    'requestWorkspaceOperation',
    input,
    `${DONE('RequestWorkspaceOperation')} ${NOT_READY} ... on NotFound { kind id }`,
    as,
  )
const start = (input: object, as = worker): Promise<Data> => {
  const members = `${DONE('StartWorkspaceOperation')} ${NOT_READY} ${NO_OPERATION} ... on OperationNotStartable { operation { id worker status } }`
  return send(graph, 'startWorkspaceOperation', { worker: 'wanda', ...input }, members, as)
}
const finish = (input: object, as = worker): Promise<Data> => {
  const members = `${DONE('FinishWorkspaceOperation')} ${NO_OPERATION} ... on OperationNotFinishable { operation { id attempt status } }`
  return send(graph, 'finishWorkspaceOperation', { attempt: 1, ...input }, members, as)
}
const record = (input: object, as = worker): Promise<Data> => {
  const members = `... on RecordWorkspaceSuccess { isNew isReplayed workspace { ${WORKSPACE} } run { id revision workspace { id } } }
    ... on WorkspaceTaken { workspace { id } } ... on LeaseLost { currentFence } ... on NotFound { kind id }`
  return send(graph, 'recordWorkspace', input, members, as)
}
const report = (input: object, as = worker): Promise<Data> =>
  send(
    graph,
    'reportPreview',
    input,
    `... on ReportPreviewSuccess { workspace { ${WORKSPACE} } isReplayed }`,
    as,
  )

const DIFF = {
  ...{ head: 'beef', commitsAhead: 2, filesChanged: 1, insertions: 3, deletions: 1, patch: '+hello\n' },
  files: [{ path: 'ä b.txt', change: 'RENAMED', previousPath: 'a.txt', insertions: 3, deletions: 1 }],
}

describe('a workspace', () => {
  it('is recorded by the owner of a run, and is seen with it', async () => {
    const { id: runId, revision } = await runIn(graph, 'RUNNING', { leaseSeconds: 600 })
    const { isNew, workspace, run } = succeeded(await record(toPlace(runId)))
    expect({ isNew, run }).toEqual({
      isNew: true,
      run: { id: runId, revision, workspace: { id: workspace.id } },
    })
    expect(workspace).toMatchObject({
      ...{ id: expect.stringMatching(/^wsp_/), project: 'default', host: 'here', kind: 'WORKTREE' },
      ...{ path: `/trees/${runId}`, status: 'READY', revision: 1, inFlight: [], removedAt: null },
      // the viewer of this answer may record, not request
      allowedOperations: [],
      preview: { status: 'STOPPED', url: null, startedAt: null, error: null },
    })
    const { node } = await graph.read(
      `query ($id: ID!) { node(id: $id) { id ... on Workspace { ${WORKSPACE} runs { nodes { id status } } } } }`,
      { id: workspace.id },
      { as: operator },
    )
    expect(node).toMatchObject({
      allowedOperations: ['DIFF', 'START_PREVIEW'],
      runs: { nodes: [{ id: runId, status: 'RUNNING' }] },
    })
  })

  it('goes through what its worker is asked to do', async () => {
    const { workspace } = await workDone(graph)
    const { operation, workspace: asked } = succeeded(await ask({ workspaceId: workspace.id, kind: 'DIFF' }))
    expect(operation).toMatchObject({ kind: 'DIFF', status: 'REQUESTED', attempt: 0, requestedBy: 'olga' })
    expect(asked).toMatchObject({ revision: 2, inFlight: [{ id: operation.id }] })
    const taken = succeeded(await start({ operationId: operation.id, leaseSeconds: 60 }))
    expect(taken.operation).toMatchObject({ status: 'STARTED', attempt: 1, worker: 'wanda' })
    expect(await start({ operationId: operation.id, worker: 'will' })).toEqual(
      problem('OperationNotStartable', {
        operation: { id: operation.id, worker: 'wanda', status: 'STARTED' },
      }),
    )
    const ended = succeeded(await finish({ operationId: operation.id, result: { diff: DIFF } }))
    expect(ended).toMatchObject({
      operation: { status: 'SUCCEEDED', error: null },
      workspace: { inFlight: [] },
    })
    const { node } = await graph.read(
      `query ($id: ID!) { node(id: $id) { ... on WorkspaceOperation { workspace { id } merge { commit } diff { head commitsAhead filesChanged insertions
        deletions isTruncated patch files { path previousPath change insertions deletions } } } } }`,
      { id: operation.id },
    )
    expect(node).toEqual({
      workspace: { id: workspace.id },
      merge: null,
      diff: { ...DIFF, isTruncated: false },
    })
    expect(await finish({ operationId: operation.id, result: { diff: DIFF } })).toEqual(
      problem('OperationNotFinishable', { operation: { id: operation.id, attempt: 1, status: 'SUCCEEDED' } }),
    )
  })

  it('says by whom and why an operation is not possible', async () => {
    const { run, workspace } = await workIn(graph)
    expect(await ask({ workspaceId: workspace.id, kind: 'MERGE' })).toEqual(
      problem('WorkspaceNotReady', {
        ...{ operationKind: 'MERGE', obstacle: 'RUN_ACTIVE' },
        ...{ blockingRunId: run.id, blockingRunStatus: 'RUNNING' },
        workspace: { id: workspace.id, allowedOperations: ['DIFF', 'START_PREVIEW'], status: 'READY' },
      }),
    )
    const failed = await workDone(graph, 'FAILED')
    expect(await ask({ workspaceId: failed.workspace.id, kind: 'MERGE' })).toMatchObject({
      ...{ obstacle: 'RUN_NOT_COMPLETED', blockingRunId: failed.run.id, blockingRunStatus: 'FAILED' },
    })
    expect(await ask({ workspaceId: UNKNOWN_WORKSPACE, kind: 'DIFF' })).toEqual(
      problem('NotFound', { kind: 'WORKSPACE', id: UNKNOWN_WORKSPACE }),
    )
    expect(await start({ operationId: UNKNOWN_OPERATION })).toEqual(
      problem('NotFound', { kind: 'WORKSPACE_OPERATION', id: UNKNOWN_OPERATION }),
    )
  })

  it('takes no more than it can show', async () => {
    const { workspace } = await workIn(graph)
    const { id: operationId } = await request(graph, workspace.id, 'DIFF')
    succeeded(await start({ operationId }))
    const path = ['result', 'diff', 'patch']
    const long = { ...DIFF, patch: 'x'.repeat(1_048_577) }
    expect(await finish({ operationId, result: { diff: long } })).toEqual(mistake(path))
    expect(await finish({ operationId, result: { diff: { ...DIFF, patch: 'a\0b' } } })).toEqual(
      mistake(path, /NUL/),
    )
    const files = Array.from({ length: 2_001 }, () => DIFF.files[0])
    expect(await finish({ operationId, result: { diff: { ...DIFF, files } } })).toEqual(
      mistake(['result', 'diff', 'files']),
    )
    const merge = { commit: 'beef', into: 'main' }
    expect(await finish({ operationId, result: { merge } })).toMatchObject({
      issues: [{ path: ['result', 'diff'] }, { path: ['result', 'merge'] }],
    })
    expect(await start({ operationId, leaseSeconds: 4 })).toEqual(mistake(['leaseSeconds']))
    expect(await record(toPlace((await runIn(graph, 'QUEUED')).id, { host: 'x'.repeat(201) }))).toEqual(
      mistake(['host']),
    )
    const largest = { ...DIFF, patch: 'x'.repeat(1_048_576), isTruncated: true }
    expect(succeeded(await finish({ operationId, result: { diff: largest } })).operation.status).toBe(
      'SUCCEEDED',
    )
  })

  it('shows its preview as its worker tells it', async () => {
    const { workspace } = await workIn(graph)
    const error = { code: 'EXITED', message: 'It exited.' }
    const told = succeeded(await report({ workspaceId: workspace.id, status: 'FAILED', error }))
    expect(told.workspace.preview).toEqual({
      status: 'FAILED',
      url: null,
      startedAt: null,
      error: { code: 'EXITED' },
    })
    const up = succeeded(await report({ workspaceId: workspace.id, status: 'RUNNING', url: 'http://a/' }))
    expect(up.workspace.preview).toMatchObject({ status: 'RUNNING', url: 'http://a/', error: null })
    expect(await report({ workspaceId: workspace.id, status: 'STARTING' })).toEqual(mistake(['status']))
    for (const url of [
      'javascript:alert(1)',
      'data:text/html,x',
      'a',
      'http://a/\0',
      `http://a/${'x'.repeat(2_048)}`,
    ])
      expect(await report({ workspaceId: workspace.id, status: 'RUNNING', url })).toEqual(mistake(['url']))
  })
})

describe('who may do what', () => {
  it('ends at the projects of a token', async () => {
    const { workspace } = await workIn(graph, { project: 'secret' })
    const { id: operationId } = await request(graph, workspace.id, 'DIFF')
    const as = { ...graph.callers.viewer, projects: ['open'] }
    const NODE = 'query ($id: ID!) { node(id: $id) { id } }'
    for (const id of [workspace.id, operationId])
      expect(codesOf(await graph.ask(NODE, { id }, { as }))).toEqual(['FORBIDDEN'])
    const LISTS = `query ($filter: WorkspaceFilter) { workspaces(filter: $filter) { edges { node { id } } }
      workspaceOperations { edges { node { workspace { project } } } } }`
    const lists = await graph.read(LISTS, { filter: { project: 'secret' } }, { as })
    expect(lists.workspaces.edges).toEqual([])
    expect(lists.workspaceOperations.edges).toEqual([])
    const refusals = await graph.follow(CHANGED, { id: workspace.id }, { as })
    expect(codesOf(refusals as ExecutionResult)).toEqual(['FORBIDDEN'])
  })

  it('leaves an agent the workspace of its own run', async () => {
    const { run, workspace } = await workIn(graph)
    const { workspace: foreign } = await workIn(graph)
    const { id: operationId } = await request(graph, workspace.id, 'DIFF')
    const as = agentOf(run.id, 1)
    const SEEN = `query ($run: ID!, $workspace: ID!, $operation: ID!) {
      run(id: $run) { workspace { id } } node(id: $workspace) { ... on Workspace { path allowedOperations runs { nodes { id } } } }
      operation: node(id: $operation) { id } workspaces { edges { node { id } } } }`
    const seen = await graph.read(
      SEEN,
      { run: run.id, workspace: workspace.id, operation: operationId },
      { as },
    )
    expect(seen).toEqual({
      run: { workspace: { id: workspace.id } },
      node: { path: workspace.path, allowedOperations: [], runs: { nodes: [{ id: run.id }] } },
      operation: { id: operationId },
      workspaces: { edges: [{ node: { id: workspace.id } }] },
    })
    const NODE = 'query ($id: ID!) { node(id: $id) { id } }'
    expect(codesOf(await graph.ask(NODE, { id: foreign.id }, { as }))).toEqual(['FORBIDDEN'])
    const refusals = await graph.follow(REQUESTED, { host: 'here' }, { as })
    expect(codesOf(refusals as ExecutionResult)).toEqual(['FORBIDDEN'])
  })
})

describe('lists', () => {
  it('are filtered and paged, the newest first', async () => {
    const host = 'paged'
    const ids: string[] = []
    for (let index = 0; index < 3; index++)
      ids.unshift((await workDone(graph, 'COMPLETED', { place: { host } })).workspace.id)
    await perform(graph, ids[0] ?? '', 'REMOVE')
    const LIST = `query ($filter: WorkspaceFilter, $first: Int, $after: String) { workspaces(filter: $filter, first: $first, after: $after) {
      edges { node { id } } pageInfo { hasNextPage hasPreviousPage endCursor } } }`
    const read = async (variables: object) =>
      (await graph.read(LIST, { filter: { host }, ...variables })).workspaces
    const first = await read({ first: 2 })
    expect(first.edges.map(({ node }: Data) => node.id)).toEqual(ids.slice(0, 2))
    const rest = await read({ first: 2, after: first.pageInfo.endCursor })
    expect(rest.edges.map(({ node }: Data) => node.id)).toEqual(ids.slice(2))
    expect(rest.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
    const ready = await read({ filter: { host, statuses: ['READY'] } })
    expect(ready.edges.map(({ node }: Data) => node.id)).toEqual(ids.slice(1))
    const OPERATIONS = `query ($filter: WorkspaceOperationFilter) { workspaceOperations(filter: $filter) { edges { node { kind status } } } }`
    const of = async (filter: object) =>
      (await graph.read(OPERATIONS, { filter: { host, ...filter } })).workspaceOperations.edges.map(
        ({ node }: Data) => node,
      )
    expect(await of({})).toEqual([{ kind: 'REMOVE', status: 'SUCCEEDED' }])
    expect(await of({ statuses: ['REQUESTED'] })).toEqual([])
    expect(await of({ kinds: ['REMOVE'], workspaceId: ids[0] })).toHaveLength(1)
    const foreign = await graph.ask(LIST, { after: 'WyJydW5zIl0' })
    expect(codesOf(foreign)).toEqual(['BAD_USER_INPUT'])
  })

  it('cost the same however many there are', async () => {
    const project = 'many'
    const RUNS = `query ($first: Int) { runs(filter: { project: "many" }, first: $first) { edges { node { id
      workspace { ${WORKSPACE} operations(first: 3) { edges { node { id diff { commitsAhead } } } } runs(first: 2) { nodes { id } } } } } } }`
    const counts: number[] = []
    for (const many of [5, 50]) {
      const { runs: before } = await graph.read(RUNS, { first: 50 })
      for (let made = before.edges.length; made < many; made++) {
        const { workspace } = await workIn(graph, { project })
        await request(graph, workspace.id, 'DIFF')
      }
      counts.push(await countStatements(graph.store, () => graph.read(RUNS, { first: many })))
    }
    const { runs } = await graph.read(RUNS, { first: 50 })
    expect(runs.edges).toHaveLength(50)
    expect(runs.edges.every(({ node }: Data) => node.workspace.operations.edges.length === 1)).toBe(true)
    expect(counts[1]).toBe(counts[0])
  })
})

const CHANGED = `subscription ($id: ID!, $after: Int) { workspaceChanged(workspaceId: $id, after: $after) { ${WORKSPACE} runs(first: 1) { nodes { id } } } }`
const REQUESTED = `subscription ($host: String!) { workspaceOperationRequested(host: $host) { ${OPERATION} workspace { id host } } }`

type Stream = AsyncIterableIterator<ExecutionResult<Data>>

async function open(document: string, variables: Record<string, unknown>): Promise<Stream> {
  const stream = await graph.follow(document, variables)
  if (!(Symbol.asyncIterator in stream)) throw new Error(`refused: ${JSON.stringify(stream.errors)}`)
  return stream
}

async function next(stream: Stream): Promise<Data> {
  const { done, value } = await stream.next()
  if (done) throw new Error('the stream has ended')
  expect(value.errors).toBeUndefined()
  return Object.values(value.data)[0]
}

describe('workspaceChanged', () => {
  it('tells the present, then each change, and ends with the removal', async () => {
    const { run, workspace } = await workDone(graph)
    const stream = await open(CHANGED, { id: workspace.id })
    expect(await next(stream)).toMatchObject({
      revision: 1,
      status: 'READY',
      runs: { nodes: [{ id: run.id }] },
    })
    const { operation } = succeeded(await ask({ workspaceId: workspace.id, kind: 'REMOVE' }))
    expect(await next(stream)).toMatchObject({ revision: 2, inFlight: [{ id: operation.id }] })
    succeeded(await start({ operationId: operation.id }))
    expect(await next(stream)).toMatchObject({ revision: 3, inFlight: [{ status: 'STARTED' }] })
    succeeded(await finish({ operationId: operation.id }))
    expect(await next(stream)).toMatchObject({ revision: 4, status: 'REMOVED', inFlight: [] })
    expect(await stream.next()).toMatchObject({ done: true })
  })

  it('tells only what is later than what its reader has, the deletion of its run included', async () => {
    const { run, workspace } = await workDone(graph)
    const stream = await open(CHANGED, { id: workspace.id, after: 1 })
    const waiting = next(stream)
    await graph.mutate('deleteRun', { runId: run.id }, '')
    expect(await waiting).toMatchObject({
      ...{ revision: 2, runs: { nodes: [] }, inFlight: [{ kind: 'REMOVE', requestedBy: 'system' }] },
    })
    await stream.return?.()
  })

  it('is refused for what is no workspace', async () => {
    for (const id of ['run_01jd0000000000000000000000', UNKNOWN_WORKSPACE])
      expect(codesOf((await graph.follow(CHANGED, { id })) as ExecutionResult)).toEqual([
        'WORKSPACE_NOT_FOUND',
      ])
  })
})

describe('workspaceOperationRequested', () => {
  it('tells what waits, the oldest first, then what comes, of its machine alone', async () => {
    const host = 'busy'
    const { workspace } = await workIn(graph, { place: { host } })
    const first = await request(graph, workspace.id, 'DIFF')
    const second = await request(graph, workspace.id, 'START_PREVIEW')
    const stream = await open(REQUESTED, { host })
    expect(await next(stream)).toMatchObject({ id: first.id, workspace: { id: workspace.id, host } })
    expect(await next(stream)).toMatchObject({ id: second.id })
    const waiting = next(stream)
    const foreign = await workIn(graph, { place: { host: 'other' } })
    await request(graph, foreign.workspace.id, 'DIFF')
    const { workspace: another } = await workIn(graph, { place: { host } })
    const third = await request(graph, another.id, 'DIFF')
    expect(await waiting).toMatchObject({ id: third.id })
    await stream.return?.()
  })

  it('tells of one again when its worker was lost, and not of what nobody waits for', async () => {
    const host = 'lossy'
    const { workspace } = await workIn(graph, { place: { host } })
    const { id: operationId } = await request(graph, workspace.id, 'DIFF')
    const late = await request(graph, workspace.id, 'START_PREVIEW', { expiresInSeconds: 60 })
    succeeded(await start({ operationId }))
    const stream = await open(REQUESTED, { host })
    expect(await next(stream)).toMatchObject({ id: late.id, attempt: 0 })
    const waiting = next(stream)
    await passTimeOf(graph.store, workspace.id, 121)
    graph.commands.announce(workspace.id)
    expect(await waiting).toMatchObject({ id: operationId, attempt: 1, worker: 'wanda' })
    const again = await open(REQUESTED, { host })
    expect(await next(again)).toMatchObject({ id: operationId })
    await Promise.all([stream.return?.(), again.return?.()])
  })

  it('tells again of what nobody has started after a while, and then not before that', async () => {
    const host = 'forgetful'
    const { workspace } = await workIn(graph, { place: { host } })
    const { id } = await request(graph, workspace.id, 'DIFF')
    const streams = openStreams({ store: graph.store, signals: graph.signals })
    const eager = tailRequests(streams, { host, projects: null, againMs: 0 })
    const patient = tailRequests(streams, { host, projects: null })
    for (const tail of [eager, patient]) expect(await tail.next()).toMatchObject({ value: { id } })
    const waiting = patient.next()
    graph.commands.announce(workspace.id)
    expect(await eager.next()).toMatchObject({ value: { id, attempt: 0 } })
    const second = await request(graph, workspace.id, 'START_PREVIEW')
    expect(await waiting).toMatchObject({ value: { id: second.id } })
    await Promise.all([eager.return(), patient.return()])
  })

  it('wakes by itself at a deadline', async () => {
    const host = 'patient'
    const { workspace } = await workIn(graph, { place: { host } })
    const { id: operationId } = await request(graph, workspace.id, 'DIFF')
    succeeded(await start({ operationId, leaseSeconds: 5 }))
    await passTimeOf(graph.store, workspace.id, 4)
    const stream = await open(REQUESTED, { host })
    expect(await next(stream)).toMatchObject({ id: operationId, attempt: 1 })
    await stream.return?.()
  })
})

it('leaves nothing for doctor to find', async () => {
  expect(await findViolations(graph)).toEqual([])
})

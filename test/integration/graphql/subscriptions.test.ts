import type { ExecutionResult } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codesOf, type Data, openTestGraph, type TestGraph } from '../../support/graphql.ts'
import { begin, runIn } from '../../support/runs.ts'
import { ROUNDS, SOLO } from '../../support/workflows.ts'

let graph: TestGraph

beforeAll(async () => {
  graph = await openTestGraph({ workflows: [SOLO, ROUNDS] })
})
afterAll(async () => {
  const { subscribers } = graph.signals
  await graph.close()
  if (subscribers > 0) throw new Error(`${subscribers} streams were not released`)
})

type Stream = AsyncIterableIterator<ExecutionResult<Data>>

async function open(document: string, variables: Record<string, unknown> = {}): Promise<Stream> {
  const stream = await graph.follow(document, variables)
  if (!(Symbol.asyncIterator in stream)) throw new Error(`refused: ${JSON.stringify(stream.errors)}`)
  return stream
}

/** The data of the next frame; fails where the stream ended or the frame has errors. */
async function next(stream: Stream): Promise<Data> {
  const { done, value } = await stream.next()
  if (done) throw new Error('the stream has ended')
  expect(value.errors).toBeUndefined()
  return value.data
}

async function rest(stream: Stream): Promise<Data[]> {
  const frames: Data[] = []
  for await (const { data, errors } of stream) {
    expect(errors).toBeUndefined()
    frames.push(data)
  }
  return frames
}

describe('runChanged', () => {
  const STATUS = `subscription ($id: ID!, $after: Int, $until: RunStreamEnd! = FINAL) { runChanged(runId: $id, after: $after, until: $until) {
    runId status reason phase epoch revision asOf isSettled isFinal run { id status revision workflow { name } lease { owner } } } }`

  it('tells the present, then each change, and ends when the run is final', async () => {
    const { id } = await begin(graph)
    const stream = await open(STATUS, { id })
    expect((await next(stream)).runChanged).toMatchObject({
      runId: id,
      status: 'QUEUED',
      reason: null,
      phase: 'work',
      epoch: 1,
      revision: 2,
      isSettled: false,
      isFinal: false,
      run: { id, status: 'QUEUED', revision: 2, workflow: { name: 'solo' }, lease: null },
    })
    await graph.mutate('claimRun', { runId: id, owner: 'w' }, '')
    expect((await next(stream)).runChanged).toMatchObject({
      status: 'RUNNING',
      run: { lease: { owner: 'w' } },
    })
    await graph.mutate('cancelRun', { runId: id }, '')
    expect((await next(stream)).runChanged).toMatchObject({ status: 'CANCELLING' })
    await graph.mutate('confirmCancel', { runId: id, fence: 1 }, '')
    const [last, ...more] = await rest(stream)
    expect(last.runChanged).toMatchObject({ status: 'CANCELLED', reason: 'CANCELLED_BY_USER', isFinal: true })
    expect(more).toEqual([])
  })

  it('tells only what is later than what its reader has', async () => {
    const { id, revision } = await runIn(graph, 'FAILED')
    expect(await rest(await open(STATUS, { id, until: 'SETTLED' }))).toMatchObject([
      { runChanged: { status: 'FAILED', isSettled: true, isFinal: false } },
    ])
    expect(await rest(await open(STATUS, { id, after: revision, until: 'SETTLED' }))).toEqual([])
  })

  it('shows with a frame what is of the same moment', async () => {
    const { id } = await runIn(graph, 'RUNNING', { workflow: 'rounds', leaseSeconds: 3600 })
    const stream = await open(
      'subscription ($id: ID!) { runChanged(runId: $id) { revision run { revision events(first: 500) { nodes { seq } } executions { edges { node { run { revision } } } } } } }',
      { id },
    )
    const write = async () => {
      for (let i = 0; i < 10; i++) {
        await graph.mutate('startExecution', { runId: id, fence: 1, command: 'x' }, '')
        await graph.mutate('startPhase', { runId: id, phase: 'draft', fence: 1, isRepair: i > 0 }, '')
      }
      await graph.mutate('failRun', { runId: id, fence: 1, error: 'x' }, '')
      await graph.mutate('releaseRun', { runId: id, fence: 1 }, '')
      await graph.mutate('cancelRun', { runId: id }, '')
    }
    const [frames] = await Promise.all([rest(stream), write()])
    expect(frames.length).toBeGreaterThan(1)
    for (const { runChanged } of frames) {
      const { run } = runChanged
      expect(run.revision).toBeGreaterThanOrEqual(runChanged.revision)
      expect(run.events.nodes.at(-1).seq).toBe(run.revision)
      for (const { node } of run.executions.edges) expect(node.run.revision).toBe(run.revision)
    }
  })

  it('is released at once by a reader that leaves while nothing happens', async () => {
    const { id } = await begin(graph)
    const stream = await open(STATUS, { id })
    await next(stream)
    const pending = stream.next()
    await stream.return?.()
    expect(await pending).toEqual({ done: true, value: undefined })
    expect(graph.signals.subscribers).toBe(0)
  })
})

describe('runEventAppended', () => {
  const EVENTS = `subscription ($id: ID!, $after: Int, $until: RunStreamEnd! = FINAL) { runEventAppended(runId: $id, after: $after, until: $until) {
    runId seq epoch type actor { kind principalId name } at summary payload } }`

  it('tells the whole log and what follows, and ends after the last event of a final run', async () => {
    const { id } = await begin(graph)
    const stream = await open(EVENTS, { id })
    expect((await next(stream)).runEventAppended).toMatchObject({
      runId: id,
      seq: 1,
      type: 'RUN_CREATED',
      actor: { kind: 'PRINCIPAL', principalId: expect.any(String), name: 'adam' },
    })
    expect((await next(stream)).runEventAppended).toMatchObject({
      seq: 2,
      summary: 'Round 1 opened at phase work.',
    })
    await graph.mutate('cancelRun', { runId: id, comment: 'enough' }, '')
    expect(await rest(stream)).toMatchObject([
      {
        runEventAppended: { seq: 3, type: 'RUN_CANCELLED', payload: { confirmed: false, comment: 'enough' } },
      },
    ])
    expect(await rest(await open(EVENTS, { id, after: 2 }))).toHaveLength(1)
    expect(await rest(await open(EVENTS, { id, after: 3 }))).toEqual([])
  })
})

describe('runsChanged', () => {
  const CHANGED = `subscription ($filter: RunsFeedFilter, $after: String) { runsChanged(filter: $filter, after: $after) {
    cursor kind runId revision run { id status title } } }`

  it('continues from a list, so that nothing lies between', async () => {
    const project = 'feed'
    const listed = await graph.read('{ runs(filter: { project: "feed" }) { feedCursor } }')
    const { id } = await begin(graph, { project, title: 'new' })
    await begin(graph, { project: 'elsewhere' })
    const stream = await open(CHANGED, { filter: { project }, after: listed.runs.feedCursor })
    expect((await next(stream)).runsChanged).toMatchObject({
      kind: 'UPSERTED',
      runId: id,
      revision: 2,
      run: { id, status: 'QUEUED', title: 'new' },
    })
    await graph.mutate('cancelRun', { runId: id }, '')
    const cancelled = (await next(stream)).runsChanged
    expect(cancelled).toMatchObject({ run: { status: 'CANCELLED' } })
    await graph.mutate('deleteRun', { runId: id }, '')
    expect((await next(stream)).runsChanged).toMatchObject({ kind: 'DELETED', runId: id, run: null })
    await stream.return?.()
    const again = await open(CHANGED, { filter: { project }, after: cancelled.cursor })
    expect((await next(again)).runsChanged).toMatchObject({ kind: 'DELETED', runId: id })
    await again.return?.()
  })

  it('loses no run that is started while lists are read, whatever they are read with', async () => {
    const project = 'seam'
    const started: string[] = []
    const lists: { listed: string[]; cursor: string }[] = []
    const write = async () => {
      for (let i = 0; i < 24; i++) started.push((await begin(graph, { project })).id)
    }
    const read = async (more: string) => {
      for (let i = 0; i < 8; i++) {
        const { runs } = await graph.read(
          `{ runs(filter: { project: "seam" }, first: 500) { feedCursor ${more} edges { node { id } } } }`,
        )
        lists.push({ listed: runs.edges.map(({ node }: Data) => node.id), cursor: runs.feedCursor })
      }
    }
    await Promise.all([write(), write(), read(''), read('totalCount')])
    for (const { listed, cursor } of lists) {
      const missing = new Set(started.filter((id) => !listed.includes(id)))
      const stream = await open(CHANGED, { filter: { project }, after: cursor })
      while (missing.size > 0) missing.delete((await next(stream)).runsChanged.runId)
      await stream.return?.()
    }
    expect(new Set(lists.map(({ listed }) => listed.length)).size).toBeGreaterThan(1)
  })

  it('is refused from a cursor that can not be gone on from', async () => {
    for (const after of ['nonsense', '', '\0'])
      expect(codesOf((await graph.follow(CHANGED, { after })) as object)).toEqual(['CURSOR_EXPIRED'])
    expect(codesOf((await graph.follow(CHANGED, { filter: { project: '\0' } })) as object)).toEqual([
      'BAD_USER_INPUT',
    ])
  })
})

describe('directives', () => {
  it('tell an owner what to do, to the end of its claim', async () => {
    const { id } = await runIn(graph, 'RUNNING', { leaseSeconds: 3600 })
    const stream = await open('subscription ($id: ID!) { directiveIssued(runId: $id, fence: 1) { kind } }', {
      id,
    })
    expect(await next(stream)).toEqual({ directiveIssued: { kind: 'CONTINUE' } })
    await graph.mutate('pauseRun', { runId: id }, '')
    expect(await next(stream)).toEqual({ directiveIssued: { kind: 'PAUSE' } })
    await graph.mutate('cancelRun', { runId: id }, '')
    expect(await next(stream)).toEqual({ directiveIssued: { kind: 'CANCEL' } })
    await graph.mutate('confirmCancel', { runId: id, fence: 1 }, '')
    expect(await rest(stream)).toEqual([{ directiveIssued: { kind: 'STOP' } }])
  })
})

describe('a subscription', () => {
  it('is refused for a run that is not there, or is none', async () => {
    for (const id of ['run_01jd0000000000000000000000', 'nope', '\0'])
      for (const field of [
        'runChanged(runId: $id) { status }',
        'runEventAppended(runId: $id) { seq }',
        'directiveIssued(runId: $id, fence: 1) { kind }',
      ])
        expect(
          codesOf((await graph.follow(`subscription ($id: ID!) { ${field} }`, { id })) as object),
        ).toEqual(['RUN_NOT_FOUND'])
    expect(graph.signals.subscribers).toBe(0)
  })
})

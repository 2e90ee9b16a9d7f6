import type { ExecutionResult } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommands as runs } from '../../../src/commands/run/runCommands.ts'
import type { Caller } from '../../../src/commands/kit/context.ts'
import { type Data, openTestGraph, type TestGraph } from '../../support/graphql.ts'
import { begin } from '../../support/runs.ts'
import { SOLO } from '../../support/workflows.ts'

let graph: TestGraph
beforeAll(async () => {
  graph = await openTestGraph({ workflows: [SOLO] })
})
afterAll(() => graph.close())

type Stream = AsyncIterableIterator<ExecutionResult<Data>>

const EVENTS =
  'subscription ($id: ID!, $after: Int) { runEventAppended(runId: $id, after: $after) { seq type summary payload } }'
const FRAMES =
  'subscription ($id: ID!, $after: Int) { runChanged(runId: $id, after: $after) { revision run { id title allowedCommands } } }'
const FRAMES_WITH_READS =
  'subscription ($id: ID!, $after: Int) { runChanged(runId: $id, after: $after) { revision run { id children { totalCount } } } }'

async function open(document: string, variables: Data, as: Caller = graph.callers.admin): Promise<Stream> {
  const stream = await graph.follow(document, variables, { as })
  if (!(Symbol.asyncIterator in stream)) throw new Error(`refused: ${JSON.stringify(stream.errors)}`)
  return stream
}

/** The result that each stream has for the next change of the run. */
async function nextOf(runId: string, streams: readonly Stream[]): Promise<ExecutionResult<Data>[]> {
  // with the last event that there is, a stream waits for the next without a read
  await Promise.all(streams.map((stream) => stream.next()))
  const pulled = streams.map((stream) => stream.next())
  await runs.pauseRun(graph.commands, graph.callers.operator, { runId })
  const results = await Promise.all(pulled)
  for (const stream of streams) await stream.return?.()
  return results.map(({ value }) => value as ExecutionResult<Data>)
}

describe('a frame of which many ask the same', () => {
  it.each([
    ['an event', EVENTS],
    ['a state', FRAMES],
  ])('is executed once for all: %s', async (_what, document) => {
    const { id, revision } = await begin(graph)
    const streams = await Promise.all([1, 2, 3].map(() => open(document, { id, after: revision - 1 })))
    const [first, ...others] = await nextOf(id, streams)
    expect(first?.errors).toBeUndefined()
    for (const other of others) expect(other).toBe(first)
  })

  it('is the same to who began elsewhere in the log', async () => {
    const { id, revision } = await begin(graph)
    const late = await open(EVENTS, { id, after: revision - 1 })
    const early = await open(EVENTS, { id, after: revision - 2 })
    await early.next()
    const [one, other] = await nextOf(id, [late, early])
    expect(other).toBe(one)
  })

  it('is executed for each caller: what may be done differs', async () => {
    const { id, revision } = await begin(graph)
    const callers = [graph.callers.operator, graph.callers.viewer, graph.callers.operator]
    const streams = await Promise.all(callers.map((as) => open(FRAMES, { id, after: revision - 1 }, as)))
    const [operator, viewer, again] = await nextOf(id, streams)
    const allowed = (result?: ExecutionResult<Data>): unknown => result?.data?.runChanged.run.allowedCommands
    expect(allowed(operator)).toContain('RESUME')
    expect(allowed(viewer)).toEqual([])
    expect(again).toBe(operator)
  })

  it('is executed for each that needs to read more, which then is not older than what it had', async () => {
    const { id, revision } = await begin(graph)
    const streams = await Promise.all([1, 2].map(() => open(FRAMES_WITH_READS, { id, after: revision - 1 })))
    const [one, other] = await nextOf(id, streams)
    expect(other).toEqual(one)
    expect(other).not.toBe(one)
  })

  it('is executed for each set of variables that it depends on', async () => {
    const { id, revision } = await begin(graph)
    const document =
      'subscription ($id: ID!, $after: Int, $all: Boolean!) { runEventAppended(runId: $id, after: $after) { seq type @include(if: $all) } }'
    const ask = (all: boolean) => open(document, { id, after: revision - 1, all })
    const [all, some] = await nextOf(id, [await ask(true), await ask(false)])
    expect(all?.data?.runEventAppended).toEqual({ seq: revision + 1, type: 'RUN_PAUSED' })
    expect(some?.data?.runEventAppended).toEqual({ seq: revision + 1 })
  })
})

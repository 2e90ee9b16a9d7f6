import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Caller } from '../../../src/commands/kit/context.ts'
import { agentOf } from '../../support/callers.ts'
import { codesOf, type Data, openTestGraph, type TestGraph } from '../../support/graphql.ts'
import { runIn } from '../../support/runs.ts'
import { SOLO } from '../../support/workflows.ts'
import { findViolations, mistake, problem, send, succeeded, UNKNOWN_RUN } from './send.ts'

let graph: TestGraph
let worker: Caller
let operator: Caller

beforeAll(async () => {
  graph = await openTestGraph({ workflows: [SOLO] })
  worker = graph.callers.worker
  operator = graph.callers.operator
})
afterAll(() => graph.close())

const UNKNOWN = 'msg_01jd0000000000000000000000'
const MESSAGE = 'id text mode status sentBy sentAt run { id status }'
const SEND = `... on SendMessageSuccess { runMessage { ${MESSAGE} } isReplayed } ... on RunNotActive { status } ... on NotFound { kind id }
  ... on IdempotencyMismatch { differingPaths }`
const ACKNOWLEDGE = `... on AcknowledgeMessageSuccess { runMessage { ${MESSAGE} } isReplayed } ... on NotFound { kind id }
  ... on LeaseLost { yourFence currentFence } ... on IdempotencyMismatch { differingPaths }`

const say = (input: object, as = operator): Promise<Data> =>
  send(graph, 'sendMessage', { text: 'Hurry up.', ...input }, SEND, as)
const acknowledge = (input: object, as = worker): Promise<Data> =>
  send(graph, 'acknowledgeMessage', { receipt: 'DELIVERED', fence: 1, ...input }, ACKNOWLEDGE, as)
const held = async (): Promise<string> => (await runIn(graph, 'RUNNING', { leaseSeconds: 600 })).id

describe('sendMessage', () => {
  it('sends text to a run, which its owner is told with its directives', async () => {
    const runId = await held()
    const { runMessage: sent } = succeeded(await say({ runId, text: 'Look at\nthe tests.' }))
    expect(sent).toEqual({
      id: expect.stringMatching(/^msg_/),
      text: 'Look at\nthe tests.',
      mode: 'STEER',
      status: 'PENDING',
      sentBy: 'olga',
      sentAt: expect.stringMatching(/Z$/),
      run: { id: runId, status: 'RUNNING' },
    })
    succeeded(await say({ runId, text: 'Then rest.', mode: 'FOLLOW_UP' }))
    const RENEW = '... on RenewLeaseSuccess { directives { kind message { text mode status run { id } } } }'
    const { directives } = await graph.mutate('renewLease', { runId, fence: 1 }, RENEW, { as: worker })
    expect(directives).toEqual([
      { kind: 'CONTINUE', message: null },
      {
        kind: 'MESSAGE',
        message: { text: 'Look at\nthe tests.', mode: 'STEER', status: 'PENDING', run: { id: runId } },
      },
      {
        kind: 'MESSAGE',
        message: { text: 'Then rest.', mode: 'FOLLOW_UP', status: 'PENDING', run: { id: runId } },
      },
    ])
  })

  it('reaches runs that wait, too', async () => {
    for (const status of ['QUEUED', 'PAUSED'] as const) {
      const { id: runId } = await runIn(graph, status)
      expect(await say({ runId })).toMatchObject({ runMessage: { status: 'PENDING', run: { status } } })
    }
  })

  it('answers its key with the first message, though the agent has read it', async () => {
    const runId = await held()
    const input = { runId, idempotencyKey: 'send-1' }
    const { runMessage: sent } = succeeded(await say(input))
    succeeded(await acknowledge({ messageId: sent.id, receipt: 'CONSUMED' }))
    expect(await say(input)).toMatchObject({
      isReplayed: true,
      runMessage: { id: sent.id, status: 'CONSUMED' },
    })
  })

  it('is refused out of place', async () => {
    for (const status of ['CANCELLING', 'COMPLETED', 'FAILED'] as const) {
      const { id: runId } = await runIn(graph, status)
      expect(await say({ runId })).toEqual(problem('RunNotActive', { status }))
    }
    const runId = await held()
    expect(await say({ runId, text: '' })).toEqual(mistake(['text']))
    expect(await say({ runId, text: 'x'.repeat(65_537) })).toEqual(mistake(['text']))
    expect(await say({ runId, text: 'a\0b' })).toEqual(mistake(['text'], /NUL/))
  })
})

describe('acknowledgeMessage', () => {
  const sentTo = async (runId: string): Promise<string> => succeeded(await say({ runId })).runMessage.id

  it('tells how far a message has come, and never goes back', async () => {
    const messageId = await sentTo(await held())
    const states: string[] = []
    for (const receipt of ['DELIVERED', 'DELIVERED', 'CONSUMED', 'DELIVERED'])
      states.push(succeeded(await acknowledge({ messageId, receipt })).runMessage.status)
    expect(states).toEqual(['DELIVERED', 'DELIVERED', 'CONSUMED', 'CONSUMED'])
  })

  it('tells that a message to be read at once was read with a later prompt', async () => {
    const runId = await held()
    const messageId = await sentTo(runId)
    const read = succeeded(await acknowledge({ messageId, receipt: 'CONSUMED', mode: 'FOLLOW_UP' }))
    expect(read.runMessage).toMatchObject({ mode: 'FOLLOW_UP', status: 'CONSUMED' })
    const asSent = await sentTo(runId)
    expect(succeeded(await acknowledge({ messageId: asSent, mode: 'STEER' })).runMessage.mode).toBe('STEER')
    const { run } = await graph.read(
      'query ($id: ID!) { run(id: $id) { events(first: 100) { nodes { type summary payload } } } }',
      { id: runId },
    )
    const receipts = run.events.nodes.filter(({ type }: Data) => type === 'MESSAGE_ACKNOWLEDGED')
    expect(receipts.map(({ summary, payload }: Data) => [summary, payload.mode])).toEqual([
      ['A message was read by the agent with its next prompt.', 'FOLLOW_UP'],
      ['A message was delivered.', undefined],
    ])
    expect(await findViolations(graph)).toEqual([])
  })

  it('may be said by the agent, without a fence', async () => {
    const runId = await held()
    const messageId = await sentTo(runId)
    const input = { messageId, fence: null, receipt: 'CONSUMED' }
    expect(await acknowledge(input, agentOf(runId, 1))).toMatchObject({
      runMessage: { status: 'CONSUMED' },
    })
  })

  it('tells what became of a message whose run has settled, and changes nothing', async () => {
    const runId = await held()
    const [read, unread] = [await sentTo(runId), await sentTo(runId)]
    succeeded(await acknowledge({ messageId: read, receipt: 'CONSUMED' }))
    succeeded(await graph.mutate('failRun', { runId, fence: 1, error: 'x' }, ''))
    expect(await acknowledge({ messageId: unread, receipt: 'CONSUMED' })).toMatchObject({
      runMessage: { status: 'UNDELIVERED', run: { status: 'FAILED' } },
    })
    expect(await acknowledge({ messageId: read })).toMatchObject({ runMessage: { status: 'CONSUMED' } })
  })

  it('answers its key with what was done, and is refused out of place', async () => {
    const runId = await held()
    const messageId = await sentTo(runId)
    const input = { messageId, idempotencyKey: 'ack-1' }
    expect(await acknowledge(input)).toMatchObject({ isReplayed: false })
    expect(await acknowledge(input)).toMatchObject({ isReplayed: true, runMessage: { id: messageId } })
    expect(await acknowledge({ messageId, fence: 3 })).toEqual(
      problem('LeaseLost', { yourFence: 3, currentFence: 1 }),
    )
    expect(await acknowledge({ messageId: runId })).toEqual(
      problem('NotFound', { kind: 'MESSAGE', id: runId }),
    )
  })
})

describe('the messages of a run', () => {
  it('are listed page by page, the newest first, and are nodes for anyone who sees the run', async () => {
    const runId = await held()
    for (const text of ['1', '2', '3']) succeeded(await say({ runId, text }))
    const PAGE = `query ($id: ID!, $after: String) { run(id: $id) { messages(first: 2, after: $after) {
      edges { node { id text } } pageInfo { hasNextPage hasPreviousPage endCursor } } } }`
    const first = (await graph.read(PAGE, { id: runId })).run.messages
    const second = (await graph.read(PAGE, { id: runId, after: first.pageInfo.endCursor })).run.messages
    expect([...first.edges, ...second.edges].map(({ node }: Data) => node.text)).toEqual(['3', '2', '1'])
    expect([first.pageInfo.hasNextPage, second.pageInfo.hasNextPage]).toEqual([true, false])

    const NODE = 'query ($id: ID!) { node(id: $id) { __typename id ... on Message { text run { id } } } }'
    const { id } = first.edges[0].node
    const found = { __typename: 'Message', id, text: '3', run: { id: runId } }
    expect((await graph.read(NODE, { id }, { as: agentOf(runId, 1) })).node).toEqual(found)
    expect((await graph.read(NODE, { id: UNKNOWN })).node).toBeNull()
    for (const as of [{ ...operator, projects: ['other'] }, agentOf(UNKNOWN_RUN, 1)])
      expect(codesOf(await graph.ask(NODE, { id }, { as }))).toEqual(['FORBIDDEN'])
  })

  it('are told to the owner as they come', async () => {
    const runId = await held()
    const FOLLOW =
      'subscription ($id: ID!) { directiveIssued(runId: $id, fence: 1) { kind message { text run { status } } } }'
    const stream = await graph.follow(FOLLOW, { id: runId }, { as: worker })
    if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream))
    const next = async () => (await stream.next()).value.data.directiveIssued
    expect(await next()).toEqual({ kind: 'CONTINUE', message: null })
    const told = next()
    succeeded(await say({ runId, text: 'Psst.' }))
    expect(await told).toEqual({ kind: 'MESSAGE', message: { text: 'Psst.', run: { status: 'RUNNING' } } })
    const paused = next()
    succeeded(await graph.mutate('pauseRun', { runId }, ''))
    expect(await paused).toEqual({ kind: 'PAUSE', message: null })
    await stream.return?.()
  })
})

it('leaves every run what its log says', async () => {
  expect(await findViolations(graph)).toEqual([])
})

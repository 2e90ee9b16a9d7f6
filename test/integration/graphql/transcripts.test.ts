import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Caller } from '../../../src/commands/kit/context.ts'
import { agentOf } from '../../support/callers.ts'
import { codesOf, type Data, openTestGraph, type TestGraph } from '../../support/graphql.ts'
import { runIn } from '../../support/runs.ts'
import { SOLO } from '../../support/workflows.ts'
import { findViolations, problem, send, succeeded, UNKNOWN_RUN } from './send.ts'
import { toOutput } from '../../support/entries.ts'

let graph: TestGraph
let worker: Caller
let operator: Caller

beforeAll(async () => {
  graph = await openTestGraph({ workflows: [SOLO] })
  worker = graph.callers.worker
  operator = graph.callers.operator
})
afterAll(() => graph.close())

const UNKNOWN = 'ses_01jd0000000000000000000000'
const MEMBERS = `... on AppendTranscriptSuccess { nextSeq } ... on TranscriptGap { expectedSeq } ... on NotFound { kind id }
  ... on LeaseLost { yourFence currentFence run { id } }`
const append = (input: object, as = worker): Promise<Data> =>
  send(graph, 'appendTranscript', { fence: 1, ...input }, MEMBERS, as)

/** A session of a run that is held under fence 1. */
async function open(): Promise<{ runId: string; sessionId: string }> {
  const { id: runId } = await runIn(graph, 'RUNNING', { leaseSeconds: 600 })
  const input = { runId, role: 'writer', adapter: 'scripted', fence: 1 }
  const { session } = await graph.mutate('openSession', input, '... on OpenSessionSuccess { session { id } }')
  return { runId, sessionId: session.id }
}

const READ = `query ($id: ID!, $after: String, $first: Int) { node(id: $id) { ... on Session { transcript(after: $after, first: $first) { nodes { seq text at } } } } }`
const read = async (id: string, rest: object = {}, as = worker): Promise<Data[]> =>
  (await graph.read(READ, { id, ...rest }, { as })).node.transcript.nodes

const FOLLOW =
  'subscription ($id: ID!, $after: Int) { transcriptEntryAppended(sessionId: $id, after: $after) { seq text } }'
async function follow(id: string, after = 0, as = worker): Promise<AsyncIterableIterator<Data>> {
  const stream = await graph.follow(FOLLOW, { id, after }, { as })
  if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream))
  return stream
}
/** All that is told until a stream ends. */
async function readAll(stream: AsyncIterableIterator<Data>): Promise<Data[]> {
  const all: Data[] = []
  for await (const { data, errors } of stream) {
    expect(errors).toBeUndefined()
    all.push(data.transcriptEntryAppended)
  }
  return all
}

describe('appendTranscript', () => {
  it('appends chunks, absorbs those that come again, and says where a gap begins', async () => {
    const { sessionId } = await open()
    expect(await append({ sessionId, fromSeq: 1, entries: toOutput('a', '\u001b[1mb\r\n', '') })).toEqual({
      __typename: 'AppendTranscriptSuccess',
      nextSeq: 4,
    })
    expect(await append({ sessionId, fromSeq: 3, entries: toOutput('', 'd') })).toMatchObject({ nextSeq: 5 })
    expect(await append({ sessionId, fromSeq: 1, entries: toOutput('a') })).toMatchObject({ nextSeq: 5 })
    expect(await append({ sessionId, fromSeq: 5, entries: toOutput() })).toMatchObject({ nextSeq: 5 })
    expect(await append({ sessionId, fromSeq: 6, entries: toOutput('f') })).toEqual(
      problem('TranscriptGap', { expectedSeq: 5 }),
    )
    expect(await read(sessionId)).toEqual(
      ['a', '\u001b[1mb\r\n', '', 'd'].map((text, i) => ({
        seq: i + 1,
        text,
        at: expect.stringMatching(/Z$/),
      })),
    )
    expect((await read(sessionId, { after: '1', first: 2 })).map(({ seq }) => seq)).toEqual([2, 3])
    expect(codesOf(await graph.ask(READ, { id: sessionId, first: 501 }))).toEqual(['BAD_USER_INPUT'])
  })

  it('raises no revision, but the activity of its run', async () => {
    const { runId, sessionId } = await open()
    const RUN = 'query ($id: ID!) { run(id: $id) { revision lastActivityAt } }'
    const before = (await graph.read(RUN, { id: runId })).run
    succeeded(await append({ sessionId, fromSeq: 1, entries: toOutput('a') }))
    const after = (await graph.read(RUN, { id: runId })).run
    expect(after.revision).toBe(before.revision)
    expect(Date.parse(after.lastActivityAt)).toBeGreaterThan(Date.parse(before.lastActivityAt))
  })

  it('takes the tail after the run has settled, from the last holder alone', async () => {
    const { runId, sessionId } = await open()
    succeeded(await graph.mutate('failRun', { runId, fence: 1, error: 'x' }, ''))
    expect(await append({ sessionId, fromSeq: 1, entries: toOutput('tail') })).toMatchObject({ nextSeq: 2 })
    succeeded(await graph.mutate('resumeRun', { runId, claim: { owner: 'next' } }, ''))
    const input = { runId, role: 'writer', adapter: 'scripted', fence: 2 }
    succeeded(await graph.mutate('openSession', input, ''))
    expect(await append({ sessionId, fromSeq: 2, entries: toOutput('more'), fence: 2 })).toEqual(
      problem('LeaseLost', { yourFence: 2, currentFence: 1, run: { id: runId } }),
    )
  })

  it('is refused to a superseded holder, and to anyone who has no business with it', async () => {
    const { runId, sessionId } = await open()
    succeeded(await graph.mutate('releaseRun', { runId, fence: 1 }, ''))
    succeeded(await graph.mutate('claimRun', { runId, owner: 'second' }, ''))
    succeeded(await graph.mutate('openSession', { runId, role: 'writer', adapter: 'scripted', fence: 2 }, ''))
    const entries = { sessionId, fromSeq: 1, entries: toOutput('late') }
    expect(await append(entries)).toEqual(
      problem('LeaseLost', { yourFence: 1, currentFence: 2, run: { id: runId } }),
    )
    expect(await append({ ...entries, fence: null }, agentOf(runId, 2))).toMatchObject({ nextSeq: 2 })
    expect(await append({ ...entries, fence: null }, agentOf(UNKNOWN_RUN, 2))).toMatchObject({
      __typename: 'Forbidden',
    })
    expect(await append({ ...entries, fence: 2 }, operator)).toEqual(
      problem('Forbidden', { requiredRole: 'WORKER' }),
    )
    expect(await append({ ...entries, sessionId: UNKNOWN })).toEqual(
      problem('NotFound', { kind: 'SESSION', id: UNKNOWN }),
    )
    expect(await append({ ...entries, sessionId: runId })).toEqual(
      problem('NotFound', { kind: 'SESSION', id: runId }),
    )
  })
})

describe('entries', () => {
  const ALL = `__typename kind key updates text ... on ToolCallEntry { title toolKind toolStatus locations { path line } output }
    ... on DiffEntry { path hunks } ... on PlanEntry { steps { text status } } ... on PermissionEntry { title state approvalId note }
    ... on UsageEntry { model inputTokens costMicros currency } ... on ErrorEntry { code message resetAt } ... on OutputEntry { stream }`
  const told = [
    { message: { text: 'I **begin**' } },
    { thought: { text: 'hm' } },
    {
      toolCall: {
        key: 'a',
        title: 'npm test',
        toolKind: 'EXECUTE',
        toolStatus: 'IN_PROGRESS',
        locations: [{ path: 'a.ts', line: 3 }],
      },
    },
    { toolCall: { updates: 'a', toolStatus: 'COMPLETED', output: 'all Passed 100%' } },
    { diff: { path: 'a.ts', hunks: '@@ -1,1 +1,1 @@\n-a\n+b\n' } },
    { plan: { steps: [{ text: 'go', status: 'COMPLETED' }] } },
    { permission: { title: 'rm -r /', state: 'DENIED', note: 'never' } },
    { usage: { model: 'm', inputTokens: 7, costMicros: 3_000_000_000 } },
    { error: { code: 'RATE_LIMITED', message: 'too many', resetAt: '2030-01-01T00:00:00.000Z' } },
    { output: { stream: 'STDERR', text: 'warning\n' } },
  ]
  const readTyped = async (id: string, args = '') =>
    (
      await graph.read(
        `query ($id: ID!) { node(id: $id) { ... on Session { transcript${args} { nodes { ${ALL} } } } } }`,
        { id },
      )
    ).node.transcript.nodes

  it('of every kind are read as they were told, by kind as well, and as plain text', async () => {
    const { sessionId } = await open()
    succeeded(await append({ sessionId, fromSeq: 1, entries: told }))
    const entries = await readTyped(sessionId)
    const [message, thought, call, update, diff, plan, permission, usage, error, output] = entries
    const plain = { key: null, updates: null }
    expect([message, thought]).toMatchObject([
      { __typename: 'MessageEntry', kind: 'MESSAGE', ...plain, text: 'I **begin**' },
      { __typename: 'ThoughtEntry', kind: 'THOUGHT', ...plain, text: 'hm' },
    ])
    expect(call).toEqual({
      ...{ __typename: 'ToolCallEntry', kind: 'TOOL_CALL', key: 'a', updates: null, text: 'npm test' },
      ...{ title: 'npm test', toolKind: 'EXECUTE', toolStatus: 'IN_PROGRESS', output: null },
      locations: [{ path: 'a.ts', line: 3 }],
    })
    expect(update).toMatchObject({ updates: 'a', title: null, locations: null, output: 'all Passed 100%' })
    expect(diff).toMatchObject({ path: 'a.ts', hunks: '@@ -1,1 +1,1 @@\n-a\n+b\n' })
    expect(plan).toMatchObject({ steps: [{ text: 'go', status: 'COMPLETED' }], text: '[x] go' })
    expect(permission).toMatchObject({
      state: 'DENIED',
      note: 'never',
      approvalId: null,
      text: 'rm -r /\nnever',
    })
    expect(usage).toMatchObject({
      model: 'm',
      inputTokens: 7,
      costMicros: 3_000_000_000,
      currency: null,
      text: '',
    })
    expect(error).toMatchObject({
      code: 'RATE_LIMITED',
      message: 'too many',
      resetAt: '2030-01-01T00:00:00.000Z',
    })
    expect(output).toMatchObject({ stream: 'STDERR', text: 'warning\n' })
    const some = await readTyped(sessionId, '(after: "3", kinds: [TOOL_CALL, OUTPUT], first: 1)')
    expect(some).toEqual([update])
  })

  it('are exactly one of their kinds', async () => {
    const { sessionId } = await open()
    const two = { message: { text: 'a' }, thought: { text: 'b' } }
    const INPUT =
      'mutation ($input: AppendTranscriptInput!) { appendTranscript(input: $input) { __typename } }'
    for (const entry of [two, {}, { message: null }]) {
      const input = { sessionId, fence: 1, fromSeq: 1, entries: [entry] }
      expect((await graph.ask(INPUT, { input }, { as: worker })).errors).toBeDefined()
    }
    expect(await readTyped(sessionId)).toEqual([])
  })

  it('are found by what they say, in every letter case, by those who may see them alone', async () => {
    const { runId, sessionId } = await open()
    succeeded(await append({ sessionId, fromSeq: 1, entries: told }))
    const SEARCH = `query ($text: String!, $filter: TranscriptFilter, $first: Int, $after: String) {
      searchTranscripts(text: $text, filter: $filter, first: $first, after: $after) {
        edges { cursor node { sessionId seq kind excerpt } } pageInfo { hasNextPage hasPreviousPage } } }`
    const search = async (text: string, filter: object = {}, rest: object = {}, as = worker) =>
      (await graph.read(SEARCH, { text, filter: { runId, ...filter }, ...rest }, { as })).searchTranscripts
    const found = await search('PASSED 100%')
    expect(found.edges.map(({ node }: Data) => node)).toEqual([
      { sessionId, seq: 4, kind: 'TOOL_CALL', excerpt: '\nall Passed 100%' },
    ])
    expect((await search('passed_')).edges).toEqual([])
    expect((await search('a.ts', { kinds: ['DIFF'] })).edges).toHaveLength(1)
    expect((await search('rate_lim', { sessionId })).edges[0].node.seq).toBe(9)
    await expect(search('te')).rejects.toThrow(/text/)
    const one = await search('npm test', {}, { first: 1 })
    expect(one.pageInfo).toEqual({ hasNextPage: false, hasPreviousPage: false })
    const next = await search('npm test', {}, { first: 1, after: one.edges[0].cursor })
    expect([next.edges, next.pageInfo.hasPreviousPage]).toEqual([[], true])
    const kindsOf = async (filter: object) =>
      (await search('warning', filter)).edges.map(({ node }: Data) => node.kind)
    expect(await kindsOf({})).toEqual(['OUTPUT'])
    expect(await kindsOf({ runId: null })).toEqual([])
    await expect(search('warning', { runId: null, kinds: ['OUTPUT'] })).rejects.toThrow(/within a run/)
    expect((await search('npm test', { runId: null })).edges.length).toBeGreaterThan(0)
    expect((await search('npm test', {}, {}, agentOf(UNKNOWN_RUN, 1))).edges).toEqual([])
    expect((await search('npm test', {}, {}, agentOf(runId, 1))).edges).toHaveLength(1)
  })
})

describe('the stream of a transcript', () => {
  it('tells what is there, then what comes, and ends with the session', async () => {
    const { sessionId } = await open()
    succeeded(await append({ sessionId, fromSeq: 1, entries: toOutput('a', 'b') }))
    const all = readAll(await follow(sessionId))
    const late = readAll(await follow(sessionId, 1, graph.callers.viewer))
    succeeded(await append({ sessionId, fromSeq: 3, entries: toOutput('c') }))
    succeeded(await graph.mutate('updateSession', { sessionId, status: 'DISPOSED', fence: 1 }, ''))
    const told = ['a', 'b', 'c'].map((text, i) => ({ seq: i + 1, text }))
    expect(await all).toEqual(told)
    expect(await late).toEqual(told.slice(1))
    expect(await readAll(await follow(sessionId, -7))).toEqual(told)
  })

  it('is resumed from a cursor by anyone who was cut off', async () => {
    const { runId, sessionId } = await open()
    const first = await follow(sessionId, 0, agentOf(runId, 1))
    const pulled = first.next()
    succeeded(await append({ sessionId, fromSeq: 1, entries: toOutput('a', 'b') }))
    expect((await pulled).value.data.transcriptEntryAppended).toEqual({ seq: 1, text: 'a' })
    await first.return?.()
    succeeded(await append({ sessionId, fromSeq: 3, entries: toOutput('c') }))
    succeeded(await graph.mutate('failRun', { runId, fence: 1, error: 'x' }, ''))
    expect((await readAll(await follow(sessionId, 1))).map(({ text }) => text)).toEqual(['b', 'c'])
  })

  it('is not begun for a session that is malformed, unknown or not to be seen', async () => {
    const { runId, sessionId } = await open()
    const ask = async (id: string, as: Caller) =>
      codesOf((await graph.follow(FOLLOW, { id }, { as })) as object)
    expect(await ask(runId, worker)).toEqual(['SESSION_NOT_FOUND'])
    expect(await ask(UNKNOWN, worker)).toEqual(['SESSION_NOT_FOUND'])
    expect(await ask(sessionId, { ...operator, projects: ['other'] })).toEqual(['FORBIDDEN'])
    expect(await ask(sessionId, agentOf(UNKNOWN_RUN, 1))).toEqual(['FORBIDDEN'])
    expect(graph.signals.subscribers).toBe(0)
  })
})

it('leaves every run what its log says', async () => {
  expect(await findViolations(graph)).toEqual([])
})

describe('what entries tell of usage', () => {
  const SUMS = `reports inputTokens cachedTokens outputTokens reasoningTokens durationMs costs { micros currency } lacks`
  const read = async (runId: string): Promise<Data> => {
    const document = `query ($id: ID!) { run(id: $id) { usage { ${SUMS} models { model ${SUMS} } } first: usage(round: 1) { reports }
      second: usage(round: 2) { reports } phases { usage { reports inputTokens } } sessions { nodes { usage { reports } } }
      executions { edges { node { usage { reports outputTokens } } } } } }`
    return (await graph.read(document, { id: runId }))['run']
  }

  it('is summed for run, round, phase, session and execution, once as it is, and missing where it was not told', async () => {
    const { runId, sessionId } = await open()
    expect(await read(runId)).toMatchObject({ usage: null, phases: [{ usage: null }] })
    const { run } = await graph.read('query ($id: ID!) { run(id: $id) { currentPhase { id } } }', {
      id: runId,
    })
    const { id: phaseId } = (run as { currentPhase: Data }).currentPhase
    const started = succeeded(
      await graph.mutate(
        'startExecution',
        { runId, command: 'agent', fence: 1 },
        '... on StartExecutionSuccess { execution { id } }',
      ),
    )
    const executionId = started['execution']['id']
    const origin = { executionId, phaseId }
    const entries = [
      {
        usage: {
          ...origin,
          model: 'a',
          inputTokens: 2_000_000_000,
          outputTokens: 5,
          costMicros: 7,
          currency: 'USD',
        },
      },
      { usage: { ...origin, model: 'b', inputTokens: 2_000_000_000, key: 'k', durationMs: 3 } },
      // of another run, or unknown: it belongs to the run and the session alone
      { usage: { phaseId: 'phs_01jd0000000000000000000000', inputTokens: 1 } },
    ]
    succeeded(await append({ sessionId, fromSeq: 1, entries }))
    const update = { usage: { updates: 'k', cachedTokens: 4, costMicros: 2, currency: 'EUR' } }
    // told again, as after a lost answer, with what follows
    succeeded(await append({ sessionId, fromSeq: 1, entries: [...entries, update] }))
    succeeded(await append({ sessionId, fromSeq: 2, entries: [entries[1], entries[2], update] }))
    succeeded(await append({ sessionId, fromSeq: 2, entries: [entries[1]] }))
    expect(await read(runId)).toEqual({
      usage: {
        reports: 3,
        inputTokens: 4_000_000_001,
        cachedTokens: 4,
        outputTokens: 5,
        reasoningTokens: null,
        durationMs: 3,
        costs: [
          { micros: 7, currency: 'USD' },
          { micros: 2, currency: 'EUR' },
        ],
        lacks: ['CACHED_TOKENS', 'OUTPUT_TOKENS', 'REASONING_TOKENS', 'DURATION', 'COST'],
        models: expect.arrayContaining([
          expect.objectContaining({ model: 'a', reports: 1, outputTokens: 5, cachedTokens: null }),
          expect.objectContaining({ model: 'b', reports: 1, cachedTokens: 4, durationMs: 3 }),
          expect.objectContaining({ model: null, reports: 1, inputTokens: 1 }),
        ]),
      },
      first: { reports: 2 },
      second: null,
      phases: [{ usage: { reports: 2, inputTokens: 4_000_000_000 } }],
      sessions: { nodes: [{ usage: { reports: 3 } }] },
      executions: { edges: [{ node: { usage: { reports: 2, outputTokens: 5 } } }] },
    })
  })

  it('is not written with entries that are refused', async () => {
    const { runId, sessionId } = await open()
    await append({ sessionId, fromSeq: 2, entries: [{ usage: { inputTokens: 1 } }] })
    await append({ sessionId, fromSeq: 1, fence: 9, entries: [{ usage: { inputTokens: 1 } }] })
    expect(await read(runId)).toMatchObject({ usage: null })
  })
})

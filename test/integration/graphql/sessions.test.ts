import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Caller } from '../../../src/commands/kit/context.ts'
import { agentOf } from '../../support/callers.ts'
import { codesOf, type Data, openTestGraph, type TestGraph } from '../../support/graphql.ts'
import { runIn } from '../../support/runs.ts'
import { GATED, SOLO } from '../../support/workflows.ts'
import { findViolations, problem, mistake, send, succeeded, UNKNOWN_RUN } from './send.ts'

let graph: TestGraph
let worker: Caller
let operator: Caller

beforeAll(async () => {
  graph = await openTestGraph({ workflows: [SOLO, GATED] })
  worker = graph.callers.worker
  operator = graph.callers.operator
})
afterAll(() => graph.close())

const SESSION = `id role adapter status recoveryAttempts handle lastPromptKey lastPromptStage lastPromptAt createdAt run { id status }`
const UNKNOWN = 'ses_01jd0000000000000000000000'

const REFUSED = `... on IllegalSessionTransition { fromStatus toStatus allowedStatuses session { id status role } }
  ... on RunNotActive { status run { id } } ... on LeaseLost { yourFence currentFence run { id } }
  ... on IdempotencyMismatch { differingPaths }`
const OPEN = `... on OpenSessionSuccess { session { ${SESSION} } isNew isReplayed } ${REFUSED} ... on NotFound { kind id }`
const UPDATE = `... on UpdateSessionSuccess { session { ${SESSION} } isReplayed } ${REFUSED} ... on NotFound { kind id }`
// the two kinds of transitions have fields of one name and of different types
const PROMPT = `... on RecordPromptSuccess { session { ${SESSION} } isReplayed } ${REFUSED} ... on NotFound { kind id }
  ... on PromptAlreadySent { dedupKey session { id lastPromptKey lastPromptStage } }
  ... on IllegalTransition { fromPhase toPhase } ... on UnknownPhase { phaseKey known }`

const open = (input: object, as = worker): Promise<Data> =>
  send(graph, 'openSession', { role: 'writer', adapter: 'scripted', ...input }, OPEN, as)
const update = (input: object, as = worker): Promise<Data> => send(graph, 'updateSession', input, UPDATE, as)
const prompt = (input: object, as = worker): Promise<Data> => send(graph, 'recordPrompt', input, PROMPT, as)

/** A run at work in its first phase, held under fence 1. */
async function atWork(workflow = 'gated', phase = 'plan'): Promise<string> {
  const { id: runId } = await runIn(graph, 'RUNNING', { workflow, leaseSeconds: 600 })
  succeeded(await graph.mutate('startPhase', { runId, phase, fence: 1 }, ''))
  return runId
}

/** A session of such a run, led along these statuses. */
async function openAt(runId: string, ...statuses: string[]): Promise<string> {
  const { session } = succeeded(await open({ runId, fence: 1 }))
  for (const status of statuses) succeeded(await update({ sessionId: session.id, status, fence: 1 }))
  return session.id
}

describe('openSession', () => {
  it('opens a session in a role', async () => {
    const runId = await atWork()
    expect(await open({ runId, fence: 1, handle: { pane: 3 } })).toEqual({
      __typename: 'OpenSessionSuccess',
      isNew: true,
      isReplayed: false,
      session: {
        id: expect.stringMatching(/^ses_/),
        role: 'writer',
        adapter: 'scripted',
        status: 'CREATED',
        recoveryAttempts: 0,
        handle: { pane: 3 },
        lastPromptKey: null,
        lastPromptStage: null,
        lastPromptAt: null,
        createdAt: expect.stringMatching(/Z$/),
        run: { id: runId, status: 'RUNNING' },
      },
    })
  })

  it('adopts the live session of the role, with its handle, under the next claim', async () => {
    const runId = await atWork()
    const first = succeeded(await open({ runId, fence: 1, handle: { pane: 1 } }))
    expect(await open({ runId, fence: 1 })).toMatchObject({
      isNew: false,
      session: { id: first.session.id },
    })
    expect(await open({ runId, fence: 1, role: 'critic' })).toMatchObject({ isNew: true })

    succeeded(await graph.mutate('releaseRun', { runId, fence: 1 }, ''))
    succeeded(await graph.mutate('claimRun', { runId, owner: 'second' }, ''))
    expect(await open({ runId, fence: 2, adapter: 'tmux' })).toMatchObject({
      isNew: false,
      session: { id: first.session.id, adapter: 'tmux', handle: { pane: 1 } },
    })
    expect(await update({ sessionId: first.session.id, status: 'BOOTSTRAPPING', fence: 1 })).toEqual(
      problem('LeaseLost', { yourFence: 1, currentFence: 2, run: { id: runId } }),
    )
  })

  it('opens another one once the first is over', async () => {
    const runId = await atWork()
    const first = await openAt(runId, 'DISPOSED')
    const second = succeeded(await open({ runId, fence: 1 }))
    expect(second).toMatchObject({ isNew: true })
    const { run } = await graph.read(
      `query ($id: ID!) { run(id: $id) { sessions { nodes { id status } } } }`,
      {
        id: runId,
      },
    )
    expect(run.sessions.nodes).toEqual([
      { id: second.session.id, status: 'CREATED' },
      { id: first, status: 'DISPOSED' },
    ])
  })

  it('answers its key with the first session, though that is over and another one lives', async () => {
    const runId = await atWork()
    const input = { runId, fence: 1, idempotencyKey: 'open-1' }
    const { session } = succeeded(await open(input))
    succeeded(await update({ sessionId: session.id, status: 'DISPOSED', fence: 1 }))
    succeeded(await open({ runId, fence: 1 }))
    expect(await open(input)).toMatchObject({
      isReplayed: true,
      isNew: true,
      session: { id: session.id, status: 'DISPOSED' },
    })
  })

  it('keeps the handle of the session that is meant, and opens none in its place', async () => {
    const runId = await atWork()
    const sessionId = await openAt(runId)
    const meant = { runId, fence: 1, sessionId, handle: { pane: 3 } }
    expect(succeeded(await open(meant))).toMatchObject({ isNew: false, session: { id: sessionId } })
    succeeded(await update({ sessionId, status: 'DISPOSED', fence: 1 }))
    const refused = problem('NotFound', { kind: 'SESSION', id: sessionId })
    expect(await open(meant)).toEqual(refused)
    const { session } = succeeded(await open({ runId, fence: 1 }))
    expect(session.handle).toBeNull()
    expect(await open(meant)).toEqual(refused)
  })

  it('is refused out of place', async () => {
    const runId = await atWork()
    expect(await open({ runId, fence: 2 })).toMatchObject(
      problem('LeaseLost', { yourFence: 2, currentFence: 1 }),
    )
    expect(await open({ runId })).toMatchObject(problem('LeaseLost', { yourFence: 0 }))
    expect(await open({ runId: 'nope', fence: 1 })).toEqual(problem('NotFound', { kind: 'RUN', id: 'nope' }))
    expect(await open({ runId, fence: 1, role: '' })).toMatchObject({ __typename: 'InvalidInput' })
    const id = await openAt(runId, 'CRASHED', 'FAILED_NEEDS_HUMAN')
    expect(await open({ runId, fence: 1 })).toEqual(
      problem('IllegalSessionTransition', {
        fromStatus: 'FAILED_NEEDS_HUMAN',
        toStatus: 'CREATED',
        allowedStatuses: ['DISPOSED'],
        session: { id, status: 'FAILED_NEEDS_HUMAN', role: 'writer' },
      }),
    )
    succeeded(await graph.mutate('pauseRun', { runId }, ''))
    expect(await open({ runId, fence: 1 })).toEqual(
      problem('RunNotActive', { status: 'PAUSED', run: { id: runId } }),
    )
  })

  it('may be asked by the agent of the claim, without a fence', async () => {
    const runId = await atWork()
    expect(await open({ runId }, agentOf(runId, 1))).toMatchObject({ isNew: true })
    expect(await open({ runId: await atWork() }, agentOf(runId, 1))).toMatchObject({
      __typename: 'Forbidden',
    })
  })
})

describe('updateSession', () => {
  it('leads a session along its table, and counts recoveries', async () => {
    const runId = await atWork()
    const id = await openAt(
      runId,
      'BOOTSTRAPPING',
      'READY',
      'BUSY',
      'ARTIFACT_TIMEOUT',
      'RESUMING',
      'REBOOTSTRAPPED',
    )
    expect(
      await update({ sessionId: id, status: 'READY', fence: 1, detail: { after: 'a while' } }),
    ).toMatchObject({
      session: { id, status: 'READY', recoveryAttempts: 1 },
    })
    expect(await update({ sessionId: id, status: 'RESUMING', fence: 1 })).toEqual(
      problem('IllegalSessionTransition', {
        fromStatus: 'READY',
        toStatus: 'RESUMING',
        allowedStatuses: ['BUSY', 'CRASHED', 'DISPOSED'],
        session: { id, status: 'READY', role: 'writer' },
      }),
    )
  })

  it('answers its key with what was done, and refuses another input under it', async () => {
    const id = await openAt(await atWork())
    const input = { sessionId: id, status: 'BOOTSTRAPPING', fence: 1, idempotencyKey: 'update-1' }
    expect(await update(input)).toMatchObject({ isReplayed: false, session: { status: 'BOOTSTRAPPING' } })
    succeeded(await update({ sessionId: id, status: 'DISPOSED', fence: 1 }))
    expect(await update(input)).toMatchObject({ isReplayed: true, session: { id, status: 'DISPOSED' } })
  })

  it('is refused out of place', async () => {
    const runId = await atWork()
    const id = await openAt(runId)
    const input = { sessionId: id, status: 'BOOTSTRAPPING', fence: 1 }
    expect(await update({ ...input, sessionId: runId })).toEqual(
      problem('NotFound', { kind: 'SESSION', id: runId }),
    )
    succeeded(await graph.mutate('pauseRun', { runId }, ''))
    expect(await update(input)).toEqual(problem('RunNotActive', { status: 'PAUSED', run: { id: runId } }))
  })
})

describe('recordPrompt', () => {
  it('records a prompt before it is sent and after, and never lets it be sent twice', async () => {
    const runId = await atWork()
    const id = await openAt(runId, 'BOOTSTRAPPING', 'READY')
    const input = { sessionId: id, phase: 'plan', dedupKey: 'k1', fence: 1 }
    expect(await prompt({ ...input, stage: 'SENDING' })).toMatchObject({
      session: {
        status: 'BUSY',
        lastPromptKey: 'k1',
        lastPromptStage: 'SENDING',
        lastPromptAt: expect.any(String),
      },
    })
    // after a crash between the two
    expect(await prompt({ ...input, stage: 'SENDING' })).toMatchObject({
      session: { lastPromptStage: 'SENDING' },
    })
    expect(await prompt({ ...input, stage: 'SENT' })).toMatchObject({ session: { lastPromptStage: 'SENT' } })
    const { run } = await graph.read('query ($id: ID!) { run(id: $id) { currentPhase { status } } }', {
      id: runId,
    })
    expect(run.currentPhase.status).toBe('AWAITING_ARTIFACT')
    for (const stage of ['SENDING', 'SENT'])
      expect(await prompt({ ...input, stage })).toEqual(
        problem('PromptAlreadySent', {
          dedupKey: 'k1',
          session: { id, lastPromptKey: 'k1', lastPromptStage: 'SENT' },
        }),
      )
    succeeded(await update({ sessionId: id, status: 'READY', fence: 1 }))
    expect(await prompt({ ...input, dedupKey: 'k2', stage: 'SENDING', isRepair: true })).toMatchObject({
      session: { lastPromptKey: 'k2', lastPromptStage: 'SENDING' },
    })
  })

  it('is refused out of place', async () => {
    const runId = await atWork()
    const id = await openAt(runId)
    const input = { sessionId: id, phase: 'plan', dedupKey: 'k1', stage: 'SENDING', fence: 1 }
    expect(await prompt(input)).toMatchObject(
      problem('IllegalSessionTransition', { fromStatus: 'CREATED', toStatus: 'BUSY' }),
    )
    expect(await prompt({ ...input, stage: 'SENT' })).toMatchObject({
      __typename: 'IllegalSessionTransition',
    })
    expect(await prompt({ ...input, phase: 'done' })).toEqual(
      problem('IllegalTransition', { fromPhase: 'plan', toPhase: 'done' }),
    )
    expect(await prompt({ ...input, phase: 'nope' })).toEqual(
      problem('UnknownPhase', { phaseKey: 'nope', known: ['plan', 'done'] }),
    )
    expect(await prompt({ ...input, dedupKey: 'x'.repeat(201) })).toEqual(mistake(['dedupKey']))
    succeeded(await graph.mutate('pauseRun', { runId }, ''))
    expect(await prompt(input)).toMatchObject(problem('RunNotActive', { status: 'PAUSED' }))
  })

  it('answers its key with what was done', async () => {
    const id = await openAt(await atWork(), 'BOOTSTRAPPING', 'READY')
    const input = {
      sessionId: id,
      phase: 'plan',
      dedupKey: 'k1',
      stage: 'SENDING',
      fence: 1,
      idempotencyKey: 'p-1',
    }
    expect(await prompt(input)).toMatchObject({ isReplayed: false })
    expect(await prompt(input)).toMatchObject({ isReplayed: true, session: { id } })
  })
})

describe('a session', () => {
  it('is a node, seen by anyone who sees its run', async () => {
    const runId = await atWork()
    const id = await openAt(runId)
    const NODE = `query ($id: ID!) { node(id: $id) { __typename id ... on Session { role run { id } } } }`
    const found = { __typename: 'Session', id, role: 'writer', run: { id: runId } }
    expect((await graph.read(NODE, { id }, { as: graph.callers.viewer })).node).toEqual(found)
    expect((await graph.read(NODE, { id }, { as: agentOf(runId, 1) })).node).toEqual(found)
    expect((await graph.read(NODE, { id: UNKNOWN })).node).toBeNull()
    for (const as of [{ ...operator, projects: ['other'] }, agentOf(UNKNOWN_RUN, 1)])
      expect(codesOf(await graph.ask(NODE, { id }, { as }))).toEqual(['FORBIDDEN'])
  })

  it('is disposed of when its run settles', async () => {
    const runId = await atWork()
    const id = await openAt(runId, 'BOOTSTRAPPING')
    succeeded(await graph.mutate('failRun', { runId, fence: 1, error: 'broken' }, ''))
    const { run } = await graph.read(
      'query ($id: ID!) { run(id: $id) { sessions { nodes { id status } } } }',
      {
        id: runId,
      },
    )
    expect(run.sessions.nodes).toEqual([{ id, status: 'DISPOSED' }])
  })
})

it('leaves every run what its log says', async () => {
  expect(await findViolations(graph)).toEqual([])
})

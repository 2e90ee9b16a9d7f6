import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Data, openStage, refusal, type Stage, typesOf } from './stage.ts'
import { DELIVER, RELAY, SOLO } from './workflows.ts'
import { toOutput } from '../../support/entries.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage([DELIVER, RELAY, SOLO])
})
afterAll(() => stage.end())

/** A run at work with a session that is ready for prompts. */
async function atReady(workflow = 'solo'): Promise<{ runId: string; sessionId: string }> {
  const runId = await stage.atWork(workflow)
  const { session } = await open(runId)
  for (const status of ['BOOTSTRAPPING', 'READY']) await move(session.id, status)
  return { runId, sessionId: session.id }
}

const open = (runId: string, fence = 1, rest: object = {}) =>
  stage.wanda.must('openSession', { runId, role: 'writer', adapter: 'process', fence, ...rest })
const move = (sessionId: string, status: string) =>
  stage.wanda.must('updateSession', { sessionId, status, fence: 1 })
const settle = (runId: string) => stage.wanda.must('failRun', { runId, fence: 1, error: 'x' })

/** Another owner's claim of a run whose owner was lost. */
async function takeOver(runId: string): Promise<void> {
  await stage.pass(runId, 601)
  await stage.wanda.must('claimRun', { runId, owner: 'second', leaseSeconds: 600 })
}

describe('a session', () => {
  it('is one for each role: the next owner adopts it with its handle, and the last one has lost it (G4)', async () => {
    const runId = await stage.atWork('relay')
    const { session, isNew } = await open(runId, 1, { handle: { pane: '%7' } })
    expect(isNew).toBe(true)
    expect(await open(runId, 1)).toMatchObject({ isNew: false, session: { id: session.id } })
    expect(await open(runId, 1, { role: 'reader' })).toMatchObject({ isNew: true })
    await takeOver(runId)
    expect(await open(runId, 2)).toMatchObject({
      isNew: false,
      session: { id: session.id, handle: { pane: '%7' } },
    })
    const late = { sessionId: session.id, status: 'CRASHED', fence: 1 }
    expect(await stage.wanda.send('updateSession', late)).toEqual(
      refusal('LeaseLost', { yourFence: 1, currentFence: 2 }),
    )
  })

  it('that needs a person leaves that state to DISPOSED alone, and then its role is free', async () => {
    const { runId, sessionId } = await atReady()
    await move(sessionId, 'CRASHED')
    await move(sessionId, 'FAILED_NEEDS_HUMAN')
    for (const to of ['READY', 'RESUMING', 'CRASHED', 'BUSY', 'CREATED'])
      expect(await stage.wanda.send('updateSession', { sessionId, status: to, fence: 1 })).toEqual(
        refusal('IllegalSessionTransition', {
          fromStatus: 'FAILED_NEEDS_HUMAN',
          toStatus: to,
          allowedStatuses: ['DISPOSED'],
        }),
      )
    const again = { runId, role: 'writer', adapter: 'process', fence: 1 }
    expect(await stage.wanda.send('openSession', again)).toEqual(
      refusal('IllegalSessionTransition', {
        fromStatus: 'FAILED_NEEDS_HUMAN',
        allowedStatuses: ['DISPOSED'],
      }),
    )
    await move(sessionId, 'DISPOSED')
    expect(await stage.wanda.send('updateSession', { sessionId, status: 'READY', fence: 1 })).toMatchObject({
      __typename: 'IllegalSessionTransition',
      allowedStatuses: [],
    })
    expect(await stage.wanda.must('openSession', again)).toMatchObject({ isNew: true })
  })

  it('comes back from a timeout counted, along its table', async () => {
    const { runId, sessionId } = await atReady()
    const steps = ['BUSY', 'ARTIFACT_TIMEOUT', 'RESUMING', 'REBOOTSTRAPPED', 'READY']
    for (const status of steps) await move(sessionId, status)
    expect(
      await stage.vera.read(
        'query ($id: ID!) { node(id: $id) { ... on Session { status recoveryAttempts } } }',
        { id: sessionId },
      ),
    ).toEqual({
      node: { status: 'READY', recoveryAttempts: 1 },
    })
    expect(typesOf(await stage.vera.log(runId)).at(-1)).toBe('SESSION_RECOVERED')
  })

  it('is disposed with its run', async () => {
    const { runId, sessionId } = await atReady()
    await settle(runId)
    expect((await stage.vera.run(runId)).sessions.nodes).toEqual([
      { id: sessionId, role: 'writer', status: 'DISPOSED' },
    ])
    expect(await stage.wanda.send('updateSession', { sessionId, status: 'READY', fence: 1 })).toMatchObject({
      __typename: 'LeaseLost',
    })
  })
})

describe('a prompt', () => {
  const record = (sessionId: string, stageOf: string, rest: object = {}) =>
    stage.wanda.send('recordPrompt', {
      sessionId,
      phase: 'plan',
      dedupKey: 'k1',
      stage: stageOf,
      fence: 1,
      ...rest,
    })

  it('that was sent is never sent again, not by the next attempt either', async () => {
    const { runId, sessionId } = await atReady('deliver')
    expect(await record(sessionId, 'SENDING')).toMatchObject({
      session: { status: 'BUSY', lastPromptStage: 'SENDING' },
    })
    // a crash between the two: it is still being sent
    expect(await record(sessionId, 'SENDING')).toMatchObject({ __typename: 'RecordPromptSuccess' })
    expect(await record(sessionId, 'SENT')).toMatchObject({
      session: { lastPromptStage: 'SENT', lastPromptKey: 'k1' },
    })
    expect(await stage.vera.run(runId)).toMatchObject({ currentPhase: { status: 'AWAITING_ARTIFACT' } })
    const sent = refusal('PromptAlreadySent', { dedupKey: 'k1' })
    expect(await record(sessionId, 'SENDING')).toEqual(sent)
    expect(await record(sessionId, 'SENT')).toEqual(sent)
    expect(typesOf(await stage.vera.log(runId)).filter((type) => type.startsWith('PROMPT_'))).toEqual([
      'PROMPT_SENDING',
      'PROMPT_SENT',
    ])
  })

  it('is not SENT before it is SENDING, nor while another is', async () => {
    const { sessionId } = await atReady('deliver')
    expect(await record(sessionId, 'SENT')).toMatchObject({ __typename: 'IllegalSessionTransition' })
    await record(sessionId, 'SENDING')
    expect(await record(sessionId, 'SENDING', { dedupKey: 'k2' })).toMatchObject({
      __typename: 'IllegalSessionTransition',
      fromStatus: 'BUSY',
    })
    expect(await record(sessionId, 'SENT', { dedupKey: 'k2' })).toMatchObject({
      __typename: 'IllegalSessionTransition',
    })
    expect(await record(sessionId, 'SENDING', { phase: 'nope' })).toEqual(
      refusal('UnknownPhase', { phaseKey: 'nope' }),
    )
    expect(await record(sessionId, 'SENDING', { phase: 'build', dedupKey: 'k3' })).toMatchObject({
      __typename: 'IllegalTransition',
    })
  })
})

describe('a transcript', () => {
  const append = (sessionId: string, fromSeq: number, texts: string[], fence = 1) =>
    stage.wanda.send('appendTranscript', { sessionId, fence, fromSeq, entries: toOutput(...texts) })
  const read = async (sessionId: string) =>
    (
      await stage.vera.read(
        'query ($id: ID!) { node(id: $id) { ... on Session { transcript { nodes { seq text } } } } }',
        {
          id: sessionId,
        },
      )
    ).node.transcript.nodes

  it('takes no gap, absorbs what it has, and keeps the first of two', async () => {
    const { runId, sessionId } = await atReady()
    const { revision } = await stage.vera.run(runId)
    expect(await append(sessionId, 1, ['a', 'b'])).toMatchObject({ nextSeq: 3 })
    expect(await append(sessionId, 4, ['d'])).toEqual(refusal('TranscriptGap', { expectedSeq: 3 }))
    expect(await append(sessionId, 1, ['a', 'b'])).toMatchObject({ nextSeq: 3 })
    expect(await append(sessionId, 2, ['other', 'c'])).toMatchObject({ nextSeq: 4 })
    expect(await read(sessionId)).toEqual([
      { seq: 1, text: 'a' },
      { seq: 2, text: 'b' },
      { seq: 3, text: 'c' },
    ])
    // it is no event and no change of the run
    expect((await stage.vera.run(runId)).revision).toBe(revision)
  })

  it('is still told its tail after the run has settled, by anyone who held the session and nobody else (G4)', async () => {
    const { runId, sessionId } = await atReady('relay')
    await append(sessionId, 1, ['a'])
    await settle(runId)
    expect(await append(sessionId, 2, ['b'], 2)).toEqual(
      refusal('LeaseLost', { yourFence: 2, currentFence: 1 }),
    )
    expect(await append(sessionId, 2, ['b'])).toMatchObject({ nextSeq: 3 })
    expect(await read(sessionId)).toHaveLength(2)
  })

  it('is closed to an owner whose session was adopted (G4)', async () => {
    const { runId, sessionId } = await atReady('relay')
    await append(sessionId, 1, ['a'])
    await takeOver(runId)
    await open(runId, 2)
    expect(await append(sessionId, 2, ['late'])).toEqual(
      refusal('LeaseLost', { yourFence: 1, currentFence: 2 }),
    )
    expect(await append(sessionId, 2, ['b'], 2)).toMatchObject({ nextSeq: 3 })
    expect(await read(sessionId)).toEqual([
      { seq: 1, text: 'a' },
      { seq: 2, text: 'b' },
    ])
  })
})

describe('a message', () => {
  const say = async (runId: string, mode = 'STEER') =>
    (await stage.olga.must('sendMessage', { runId, text: 'mind the gap', mode })).runMessage
  const acknowledge = (messageId: string, receipt: string, fence = 1) =>
    stage.wanda.send('acknowledgeMessage', { messageId, receipt, fence })
  const told = async (runId: string) => {
    const { directives } = await stage.wanda.must('renewLease', { runId, fence: 1 })
    const { lease } = await stage.vera.run(runId)
    expect(lease.isLive).toBe(true)
    return directives.map(({ kind }: Data) => kind)
  }

  it('is told again until its receipt, which is given once and never taken back', async () => {
    const { runId } = await atReady()
    const { id, status } = await say(runId)
    expect(status).toBe('PENDING')
    expect(await told(runId)).toEqual(['CONTINUE', 'MESSAGE'])
    expect(await told(runId)).toEqual(['CONTINUE', 'MESSAGE'])
    expect(await acknowledge(id, 'DELIVERED')).toMatchObject({ runMessage: { status: 'DELIVERED' } })
    expect(await told(runId)).toEqual(['CONTINUE'])
    expect(await acknowledge(id, 'CONSUMED')).toMatchObject({ runMessage: { status: 'CONSUMED' } })
    const { revision } = await stage.vera.run(runId)
    expect(await acknowledge(id, 'DELIVERED')).toMatchObject({ runMessage: { status: 'CONSUMED' } })
    expect((await stage.vera.run(runId)).revision).toBe(revision)
  })

  it('to follow up waits until the session is READY, one to steer does not', async () => {
    const { runId, sessionId } = await atReady()
    await move(sessionId, 'BUSY')
    const followUp = await say(runId, 'FOLLOW_UP')
    expect(await told(runId)).toEqual(['CONTINUE'])
    const steer = await say(runId)
    expect(await told(runId)).toEqual(['CONTINUE', 'MESSAGE'])
    await acknowledge(steer.id, 'CONSUMED')
    await move(sessionId, 'READY')
    expect(await told(runId)).toEqual(['CONTINUE', 'MESSAGE'])
    expect(await acknowledge(followUp.id, 'CONSUMED')).toMatchObject({ runMessage: { status: 'CONSUMED' } })
    expect(await told(runId)).toEqual(['CONTINUE'])
  })

  it('that nobody took is UNDELIVERED when its run settles; a receipt after that changes nothing (G2)', async () => {
    const { runId } = await atReady()
    const [pending, delivered] = [await say(runId), await say(runId)]
    await acknowledge(delivered.id, 'DELIVERED')
    await settle(runId)
    const { revision } = await stage.vera.run(runId)
    for (const receipt of ['DELIVERED', 'CONSUMED'])
      expect(await acknowledge(pending.id, receipt)).toMatchObject({
        __typename: 'AcknowledgeMessageSuccess',
        runMessage: { status: 'UNDELIVERED' },
      })
    const { messages, revision: after } = await stage.vera.run(runId)
    expect(after).toBe(revision)
    expect(messages).toContainEqual({ id: pending.id, status: 'UNDELIVERED' })
    expect(await stage.olga.send('sendMessage', { runId, text: 'hello?' })).toEqual(
      refusal('RunNotActive', { status: 'FAILED' }),
    )
  })

  it('is for a run that is not being cancelled, and acknowledged by its owner alone', async () => {
    const { runId } = await atReady()
    const { id } = await say(runId)
    expect(await acknowledge(id, 'CONSUMED', 2)).toEqual(refusal('LeaseLost', { yourFence: 2 }))
    await stage.olga.must('cancelRun', { runId })
    expect(await stage.olga.send('sendMessage', { runId, text: 'wait' })).toEqual(
      refusal('RunNotActive', { status: 'CANCELLING' }),
    )
    const unknown = 'msg_01jd0000000000000000000000'
    expect(await acknowledge(unknown, 'CONSUMED')).toEqual(
      refusal('NotFound', { kind: 'MESSAGE', id: unknown }),
    )
  })
})

describe('an agent’s token', () => {
  it('drives its own run without naming the fence, sees no other, and dies with the claim (G4)', async () => {
    const claim = { owner: 'wanda', leaseSeconds: 600 }
    const { run, agentToken } = await stage.wanda.must('startRun', { workflow: 'relay', claim })
    const other = await stage.atWork('solo')
    const agent = stage.join(agentToken)
    await agent.must('startPhase', { runId: run.id, phase: 'work' })
    expect(await agent.send('startPhase', { runId: other, phase: 'work' })).toEqual(
      refusal('Forbidden', { requiredRole: null }),
    )
    expect(await agent.send('pauseRun', { runId: run.id })).toEqual(
      refusal('Forbidden', { requiredRole: 'OPERATOR' }),
    )
    // another fence than the one it carries is none
    expect(await agent.send('completeRun', { runId: run.id, fence: 2 })).toEqual(
      refusal('LeaseLost', { yourFence: 0 }),
    )
    await takeOver(run.id)
    // late, it is told that its claim is over, and reads nothing any more
    expect(await agent.send('completeRun', { runId: run.id })).toEqual(
      refusal('LeaseLost', { yourFence: 1, currentFence: 1, run: null }),
    )
    await expect(agent.run(run.id)).rejects.toThrow('UNAUTHENTICATED')
  })
})

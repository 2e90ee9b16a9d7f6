import { createPawl, entryText, match, unwrap } from '@pawl/sdk'
import type { Message, Pawl, PawlOptions, TranscriptEntry } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { createTestDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'
import { startTestServer } from '../../support/server.ts'
import type { TestServer } from '../../support/server.ts'
import { toOutput } from '../../support/entries.ts'

/** A plan that a person approves, and a build whose file has a shape. */
const WORKFLOW = {
  name: 'card',
  version: 1,
  initialPhase: 'plan',
  onOwnerLost: 'REQUEUE',
  phases: [
    {
      key: 'plan',
      next: ['build'],
      role: 'planner',
      artifact: { path: 'plan.md', mediaType: 'text/markdown' },
      approval: { gate: 'plan', question: 'Shall this plan be built?' },
    },
    {
      key: 'build',
      next: ['done'],
      artifact: {
        path: 'build.json',
        schema: { type: 'object', required: ['commit'], properties: { commit: { type: 'string' } } },
      },
    },
    { key: 'done', final: true },
  ],
}

const patience = { timeout: 20_000 }
const retry = { minDelayMs: 20, maxDelayMs: 200 }

let database: TestDatabase
let server: TestServer

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startTestServer({ database })
  unwrap(await connect().workflows.register(WORKFLOW))
})
afterAll(async () => {
  await server.stop()
  await database.drop()
})

function connect(options: Partial<PawlOptions> = {}) {
  return createPawl({ url: server.url, token: server.adminToken, retry, ...options })
}

/** Starts a run that the caller owns, in its first phase. */
async function startOwned(pawl: Pawl, fields: { parentRunId?: string } = {}) {
  const claim = { owner: 'sdk-test', leaseSeconds: 60 }
  const { run, lease } = unwrap(await pawl.runs.start({ workflow: 'card', claim, ...fields }))
  const fence = lease?.fence ?? 0
  unwrap(await pawl.phases.start(run.id, 'plan', { fence }))
  return { id: run.id, fence }
}

/** Submits a plan and has it approved. */
async function plan(pawl: Pawl, { id, fence }: { id: string; fence: number }) {
  unwrap(await pawl.artifacts.submit(id, 'plan', { path: 'plan.md', content: '# Plan\n', fence }))
  const [open] = (await pawl.approvals.list({ runId: id })).nodes
  const decision = { decision: 'APPROVE', digest: open?.digest ?? '' } as const
  return unwrap(await pawl.approvals.decide(open?.id ?? '', decision))
}

describe('an artifact', () => {
  it('that is invalid says what is wrong and changes no phase; a valid one completes it', async () => {
    const pawl = connect()
    const { id, fence } = await startOwned(pawl)
    await plan(pawl, { id, fence })
    unwrap(await pawl.phases.advance(id, 'build', { fence }))
    const bad = unwrap(
      await pawl.artifacts.submit(id, 'build', { path: 'build.json', content: '{"commit": 7}', fence }),
    )
    expect(bad.artifact).toMatchObject({ isValid: false, problems: [{ path: '/commit' }] })
    expect(bad.phase.status).toBe('RUNNING')
    const content = '{"commit": "9fe"}'
    const good = unwrap(await pawl.artifacts.submit(id, 'build', { path: 'build.json', content, fence }))
    expect([good.artifact.isValid, good.phase.status]).toEqual([true, 'COMPLETED'])
    expect((await pawl.artifacts.get(good.artifact.id))?.content).toBe(content)
    expect((await pawl.artifacts.list(id)).nodes.map(({ path, isValid: valid }) => [path, valid])).toEqual([
      ['build.json', true],
      ['build.json', false],
      ['plan.md', true],
    ])
    expect((await pawl.artifacts.list(id, { first: 1 })).pageInfo.hasNextPage).toBe(true)
  })

  it('is one where the same bytes come again under another key', async () => {
    const pawl = connect()
    const { id, fence } = await startOwned(pawl)
    const file = { path: 'notes.txt', content: 'as it was', fence }
    const first = unwrap(await pawl.artifacts.submit(id, 'plan', file)).artifact
    expect(unwrap(await pawl.artifacts.submit(id, 'plan', file)).artifact).toEqual(first)
  })
})

describe('an approval', () => {
  it('waits in the inbox with its file, is bound to its digest, and decided once', async () => {
    const pawl = connect()
    const { id, fence } = await startOwned(pawl)
    const submitted = unwrap(
      await pawl.artifacts.submit(id, 'plan', { path: 'plan.md', content: '# Plan\n', fence }),
    )
    expect(submitted.run).toMatchObject({ status: 'AWAITING_APPROVAL', nextAction: 'DECIDE_APPROVAL' })
    const inbox = await pawl.approvals.list({ filter: { statuses: ['PENDING'] }, first: 1 })
    const [asked] = inbox.nodes
    expect(asked).toMatchObject({ run: { id }, gate: 'plan', kind: 'REVIEW', attempt: 1 })
    const approvalId = asked?.id ?? ''
    const shown = await pawl.approvals.get(approvalId)
    expect(shown?.phase?.artifacts.nodes.map((each) => each.sha256)).toEqual([submitted.artifact.sha256])

    const digest = asked?.digest ?? ''
    const refusals = [
      await pawl.approvals.decide(approvalId, { decision: 'APPROVE', digest: '0'.repeat(64) }),
      await pawl.approvals.decide(approvalId, { decision: 'RETRY', digest }),
    ]
    expect(refusals.map(({ __typename }) => __typename)).toEqual(['StaleDigest', 'WrongDecision'])
    const rejected = await pawl.approvals.decide(approvalId, {
      decision: 'REJECT',
      digest,
      comment: 'smaller',
    })
    expect(unwrap(rejected).approval).toMatchObject({ status: 'REJECTED', comment: 'smaller' })
    const again = await pawl.approvals.decide(approvalId, { decision: 'APPROVE', digest })
    expect(
      match(again, { AlreadyDecided: ({ approval }) => approval.status, _: (other) => other.__typename }),
    ).toBe('REJECTED')
  })

  it('is asked for by an agent, too, and by a phase that failed', async () => {
    const pawl = connect()
    const { id, fence } = await startOwned(pawl)
    const question = { gate: 'cost', question: 'It costs 3 €. Go on?', payload: { euros: 3 }, fence }
    const { approval } = unwrap(await pawl.approvals.request(id, question))
    unwrap(await pawl.approvals.decide(approval.id, { decision: 'APPROVE', digest: approval.digest }))
    const error = { class: 'HUMAN_REQUIRED', code: 'NO_LICENCE', message: 'no licence' } as const
    const recovery = { gate: 'licence', question: 'Is there one now?' }
    const failed = unwrap(await pawl.phases.fail(id, 'plan', { error, recovery, fence }))
    expect(failed.run).toMatchObject({ status: 'PAUSED', nextAction: 'DECIDE_APPROVAL' })
    const [asked] = (await pawl.approvals.list({ runId: id })).nodes
    expect(asked).toMatchObject({ kind: 'RECOVERY', gate: 'licence', status: 'PENDING' })
    expect(unwrap(await pawl.runs.verify(id)).differences).toEqual([])
  })
})

describe('a gate that the workflow declares', () => {
  it('is asked at in the words of the workflow and of whom it names, whatever its agent says', async () => {
    const pawl = connect()
    const approval = {
      gate: 'release',
      question: 'May it go out?',
      approvers: ['release-manager'],
      allowSelfApproval: false,
      expiresInSeconds: 600,
      onExpiry: 'REJECT',
    }
    const phases = [
      { key: 'release', next: ['done'], approval },
      { key: 'done', final: true },
    ]
    const { expiresInSeconds: _, allowSelfApproval, ...declared } = approval
    const shown = { ...declared, isSelfApprovalAllowed: allowSelfApproval }
    unwrap(await pawl.workflows.register({ name: 'gated', version: 1, initialPhase: 'release', phases }))
    const claim = { owner: 'sdk-test', leaseSeconds: 60 }
    const { run, agentToken } = unwrap(await pawl.runs.start({ workflow: 'gated', claim }))
    const agent = connect({ token: agentToken ?? '' })
    unwrap(await agent.phases.start(run.id, 'release'))
    const asked = unwrap(
      await agent.approvals.request(run.id, {
        phase: 'release',
        gate: 'release',
        question: 'ok?',
        payload: 7,
      }),
    )
    expect(asked.approval).toMatchObject({ ...shown, payload: 7 })
    expect(asked.approval.expiresAt).not.toBeNull()
    const { id, digest } = asked.approval
    expect(await pawl.approvals.decide(id, { decision: 'APPROVE', digest })).toMatchObject({
      __typename: 'Forbidden',
    })
    const { secret } = await server.createToken({ role: 'OPERATOR', name: 'release-manager' })
    const manager = connect({ token: secret })
    expect(unwrap(await manager.approvals.decide(id, { decision: 'APPROVE', digest })).approval.status).toBe(
      'APPROVED',
    )
    expect(unwrap(await agent.phases.advance(run.id, 'done')).phase.key).toBe('done')
  })
})

describe('a family of runs', () => {
  it('is listed, counted by a cancel, and taken up by a later run', async () => {
    const pawl = connect()
    const parent = await startOwned(pawl)
    const child = unwrap(await pawl.runs.start({ workflow: 'card', parentRunId: parent.id }))
    expect(child.run.parent?.id).toBe(parent.id)
    expect((await pawl.runs.children(parent.id)).nodes.map(({ id }) => id)).toEqual([child.run.id])
    unwrap(await pawl.runs.release(parent.id, { fence: parent.fence }))
    const cancelled = unwrap(await pawl.runs.cancel(parent.id))
    expect([cancelled.childrenCancelled, cancelled.childrenLeft]).toEqual([1, []])
    expect(await pawl.runs.get(child.run.id)).toMatchObject({
      status: 'CANCELLED',
      reason: 'CLOSED_BY_PARENT',
    })

    const next = unwrap(await pawl.runs.start({ workflow: 'card', continuesRunId: parent.id }))
    expect(next.run.continues?.id).toBe(parent.id)
    const orphan = await pawl.runs.start({ workflow: 'card', parentRunId: parent.id })
    expect(orphan).toMatchObject({ __typename: 'RunNotActive', status: 'CANCELLED' })
  })
})

describe.each([
  { transport: 'a WebSocket', Socket: WebSocket },
  { transport: 'server-sent events', Socket: false },
] as const)('over $transport', ({ Socket }) => {
  it('a transcript is read from any place, lives through a restart, and ends with its session', async () => {
    const pawl = connect({ WebSocket: Socket, retry: { ...retry, attempts: 20 } })
    const { id, fence } = await startOwned(pawl)
    const { session } = unwrap(await pawl.sessions.open(id, { role: 'planner', adapter: 'test', fence }))
    const seen: TranscriptEntry[] = []
    const reading = (async () => {
      for await (const entry of pawl.sessions.transcript(session.id)) seen.push(entry)
    })()
    const append = async (fromSeq: number, ...texts: string[]) =>
      pawl.sessions.append(session.id, { fromSeq, entries: toOutput(...texts), fence })
    expect(unwrap(await append(1, 'a', 'b')).nextSeq).toBe(3)
    expect(unwrap(await append(1, 'a', 'b', 'c')).nextSeq).toBe(4)
    expect(await append(9, 'z')).toMatchObject({ __typename: 'TranscriptGap', expectedSeq: 4 })
    await expect.poll(() => seen.length, patience).toBe(3)

    const port = Number(new URL(server.url).port)
    await server.stop()
    server = await startTestServer({ database, config: { port } })
    unwrap(await connect().sessions.append(session.id, { fromSeq: 4, entries: toOutput('d'), fence }))
    await expect.poll(() => seen.length, patience).toBe(4)
    unwrap(await connect().sessions.update(session.id, 'DISPOSED', { fence }))
    await reading
    expect(seen.map((entry) => `${entry.seq}${entryText(entry)}`)).toEqual(['1a', '2b', '3c', '4d'])
    const tail: number[] = []
    for await (const { seq } of pawl.sessions.transcript(session.id, { after: 2 })) tail.push(seq)
    expect(tail).toEqual([3, 4])
    expect((await pawl.sessions.list(id)).nodes.map(({ status }) => status)).toEqual(['DISPOSED'])
  })

  it('a worker works through its sessions, hands over its files, hears messages and waits for persons', async () => {
    const pawl = connect({ WebSocket: Socket })
    const labels = [crypto.randomUUID()]
    const errors: unknown[] = []
    const heard: Message[] = []
    const steps: string[] = []
    const worker = pawl.worker(
      { owner: 'sdk-worker', labels, leaseSeconds: 5, onError: (error) => errors.push(error) },
      async (owned) => {
        const { session, isNew: created } = unwrap(
          await owned.sessions.open({ role: 'planner', adapter: 'test' }),
        )
        steps.push(created ? 'opened' : 'adopted')
        if (owned.run.currentPhase?.key === 'plan' && owned.run.currentPhase.status !== 'COMPLETED') {
          unwrap(await owned.sessions.update(session.id, 'BOOTSTRAPPING'))
          unwrap(await owned.sessions.update(session.id, 'READY'))
          unwrap(await owned.phases.start('plan'))
          const prompt = { phase: 'plan', dedupKey: 'p1' }
          unwrap(await owned.sessions.recordPrompt(session.id, { ...prompt, stage: 'SENDING' }))
          unwrap(await owned.sessions.recordPrompt(session.id, { ...prompt, stage: 'SENT' }))
          const twice = await owned.sessions.recordPrompt(session.id, { ...prompt, stage: 'SENDING' })
          steps.push(twice.__typename)
          unwrap(await owned.sessions.append(session.id, { fromSeq: 1, entries: toOutput('thinking') }))
          for await (const message of owned.messages) {
            heard.push(message)
            unwrap(await owned.messages.acknowledge(message.id, 'CONSUMED'))
            break
          }
          unwrap(await owned.artifacts.submit('plan', { path: 'plan.md', content: '# Plan' }))
          await new Promise((resolve) => owned.signal.addEventListener('abort', resolve))
          steps.push(owned.interruption ?? '')
          return
        }
        unwrap(await owned.phases.advance('build'))
        unwrap(await owned.artifacts.submit('build', { path: 'build.json', content: '{"commit":"9fe"}' }))
        unwrap(await owned.phases.advance('done'))
        unwrap(await owned.complete())
      },
    )
    onTestFinished(() => worker.stop({ timeoutMs: 0 }))
    const { run } = unwrap(await pawl.runs.start({ workflow: 'card', labels }))
    await expect.poll(async () => (await pawl.sessions.list(run.id)).nodes[0]?.status, patience).toBe('BUSY')
    const { runMessage: sent } = unwrap(await pawl.messages.send(run.id, 'keep it small'))
    await expect.poll(async () => (await pawl.runs.get(run.id))?.status, patience).toBe('AWAITING_APPROVAL')
    const [open] = (await pawl.approvals.list({ runId: run.id })).nodes
    await expect.poll(async () => (await pawl.runs.get(run.id))?.lease?.isLive ?? false, patience).toBe(false)
    unwrap(await pawl.approvals.decide(open?.id ?? '', { decision: 'APPROVE', digest: open?.digest ?? '' }))
    await expect.poll(async () => (await pawl.runs.get(run.id))?.status, patience).toBe('COMPLETED')
    await worker.stop()
    expect(steps).toEqual(['opened', 'PromptAlreadySent', 'PAUSE', 'adopted'])
    expect(heard.map(({ id, text }) => [id, text])).toEqual([[sent.id, 'keep it small']])
    expect((await pawl.messages.list(run.id)).nodes.map(({ status }) => status)).toEqual(['CONSUMED'])
    expect(errors).toEqual([])
    expect(unwrap(await pawl.runs.verify(run.id)).differences).toEqual([])
  })

  it('keeps its claim where a session is still that of the one before', async () => {
    const pawl = connect()
    const labels = [crypto.randomUUID()]
    const { run } = unwrap(
      await pawl.runs.start({ workflow: 'card', labels, claim: { owner: 'before', leaseSeconds: 60 } }),
    )
    const fence = run.lease?.fence ?? 0
    const { session } = unwrap(await pawl.sessions.open(run.id, { fence, role: 'planner', adapter: 'test' }))
    unwrap(await pawl.runs.release(run.id, { fence }))
    const answers: string[] = []
    const worker = pawl.worker({ owner: 'sdk-worker', labels, leaseSeconds: 5 }, async (owned) => {
      const words = { fromSeq: 1, entries: toOutput('too early') }
      answers.push((await owned.sessions.append(session.id, words)).__typename)
      answers.push(owned.interruption ?? 'goes on')
      unwrap(await owned.sessions.open({ role: 'planner', adapter: 'test' }))
      answers.push((await owned.sessions.append(session.id, words)).__typename)
      unwrap(await owned.fail({ error: 'enough' }))
    })
    onTestFinished(() => worker.stop({ timeoutMs: 0 }))
    await expect.poll(async () => (await pawl.runs.get(run.id))?.status, patience).toBe('FAILED')
    expect(answers).toEqual(['LeaseLost', 'goes on', 'AppendTranscriptSuccess'])
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { acknowledgeMessage, sendMessage } from '../../../src/commands/activity/messages.ts'
import { decideApproval } from '../../../src/commands/activity/approvals.ts'
import { submitArtifact } from '../../../src/commands/activity/artifacts.ts'
import {
  appendTranscript,
  openSession,
  recordPrompt,
  updateSession,
} from '../../../src/commands/activity/sessions.ts'
import { failPhase, runCommands as runs } from '../../../src/commands/run/runCommands.ts'
import { type StartRun, startRun } from '../../../src/commands/run/startRun.ts'
import { verifyRun } from '../../../src/commands/run/verifyRun.ts'
import { openTestCommands, type TestCommands } from '../../support/commands.ts'
import { toContents } from '../../support/entries.ts'

const START: StartRun = {
  workflow: 'delivery',
  version: null,
  title: null,
  input: null,
  labels: [],
  project: 'default',
  concurrencyKey: null,
  parentRunId: null,
  isDetached: false,
  continuesRunId: null,
  claim: { owner: 'w', leaseSeconds: 60 },
  idempotencyKey: null,
  request: null,
}

let kit: TestCommands
beforeAll(async () => {
  kit = await openTestCommands()
})
afterAll(() => kit.close())

type Answer = { readonly ok: boolean; readonly problem?: { readonly type: string; readonly message: string } }
function accepted<A extends Answer>(answer: A): Extract<A, { ok: true }> {
  if (!answer.ok) throw new Error(`${answer.problem?.type}: ${answer.problem?.message}`)
  return answer as Extract<A, { ok: true }>
}

/** A delivery run, claimed, with its plan under way. */
async function startDelivery(start: Partial<StartRun> = {}) {
  const { commands, callers } = kit
  const started = accepted(await startRun(commands, callers.admin, { ...START, ...start }))
  const runId = started.run.run.id
  accepted(await runs.startPhase(commands, callers.worker, { runId, phase: 'plan', fence: 1 }))
  return runId
}

describe('a delivery', () => {
  test('is planned, approved, built, verified and completed, and is what its log says', async () => {
    const { commands, callers } = kit
    const { worker, operator } = callers
    const runId = await startDelivery()
    const plan = accepted(
      await submitArtifact(commands, worker, {
        runId,
        phase: 'plan',
        path: 'plan.md',
        content: 'a plan',
        fence: 1,
      }),
    )
    expect(plan.row).toMatchObject({ valid: true, attempt: 1, size: 6 })
    expect(plan.run.run.status).toBe('AWAITING_APPROVAL')
    const [approval] = plan.run.run.approvals
    if (!approval) throw new Error('nothing was asked')
    expect(
      await decideApproval(commands, operator, {
        approvalId: approval.id,
        decision: 'RETRY',
        digest: approval.digest,
      }),
    ).toMatchObject({
      problem: { type: 'WrongDecision', allowed: ['APPROVE', 'REJECT'] },
    })
    expect(
      await decideApproval(commands, operator, {
        approvalId: approval.id,
        decision: 'APPROVE',
        digest: 'old',
      }),
    ).toMatchObject({
      problem: { type: 'StaleDigest' },
    })
    const decided = accepted(
      await decideApproval(commands, operator, {
        approvalId: approval.id,
        decision: 'APPROVE',
        digest: approval.digest,
      }),
    )
    expect(decided.run.run).toMatchObject({ status: 'RUNNING', claim: { fence: 1 } })
    expect(
      await decideApproval(commands, operator, {
        approvalId: approval.id,
        decision: 'REJECT',
        digest: approval.digest,
      }),
    ).toMatchObject({
      problem: { type: 'AlreadyDecided' },
    })
    for (const [from, path, to] of [
      ['', '', 'build'],
      ['build', 'build.json', 'verify'],
      ['verify', 'verify.json', 'done'],
    ] as const) {
      if (from)
        accepted(
          await submitArtifact(commands, worker, { runId, phase: from, path, content: '{}', fence: 1 }),
        )
      accepted(await runs.advancePhase(commands, worker, { runId, to, fence: 1 }))
    }
    accepted(await runs.completeRun(commands, worker, { runId, fence: 1 }))
    expect(await verifyRun(commands, operator, runId)).toMatchObject({ consistent: true, differences: [] })
  })

  test('whose plan is rejected is planned again; an old attempt is no evidence', async () => {
    const { commands, callers } = kit
    const { worker, operator } = callers
    const runId = await startDelivery()
    const plan = accepted(
      await submitArtifact(commands, worker, {
        runId,
        phase: 'plan',
        path: 'plan.md',
        content: 'a plan',
        fence: 1,
      }),
    )
    const [approval] = plan.run.run.approvals
    const rejected = accepted(
      await decideApproval(commands, operator, {
        approvalId: approval!.id,
        decision: 'REJECT',
        digest: approval!.digest,
        comment: 'too vague',
      }),
    )
    expect(rejected.run.run.phases[0]).toMatchObject({
      status: 'FAILED',
      rejections: 1,
      error: { message: 'too vague' },
    })
    accepted(await runs.startPhase(commands, worker, { runId, phase: 'plan', fence: 1 }))
    expect(await runs.advancePhase(commands, worker, { runId, to: 'build', fence: 1 })).toMatchObject({
      problem: { type: 'NotCompletable', missing: [{ kind: 'ARTIFACT' }, { kind: 'APPROVAL' }] },
    })
    expect(await verifyRun(commands, operator, runId)).toMatchObject({ consistent: true, differences: [] })
  })

  test('whose phase fails for good asks a person, and continues when told to retry', async () => {
    const { commands, callers } = kit
    const { worker, operator } = callers
    const runId = await startDelivery()
    const session = accepted(
      await openSession(commands, worker, { runId, role: 'planner', adapter: 'scripted', fence: 1 }),
    ).row
    for (const status of ['BOOTSTRAPPING', 'READY'] as const)
      accepted(await updateSession(commands, worker, { sessionId: session.id, status, fence: 1 }))
    const prompt = { sessionId: session.id, phase: 'plan', dedupKey: 'k1', fence: 1 }
    accepted(await recordPrompt(commands, worker, { ...prompt, stage: 'SENDING' }))
    accepted(await recordPrompt(commands, worker, { ...prompt, stage: 'SENT' }))
    expect(await recordPrompt(commands, worker, { ...prompt, stage: 'SENDING' })).toMatchObject({
      problem: { type: 'PromptAlreadySent' },
    })
    const error = {
      class: 'HUMAN_REQUIRED',
      code: 'NO_ARTIFACT',
      message: 'nothing came',
      hint: null,
    } as const
    const failed = accepted(
      await failPhase(commands, worker, {
        runId,
        phase: 'plan',
        error,
        fence: 1,
        recovery: { gate: 'recover', question: 'How to go on?', sessionId: session.id },
      }),
    )
    expect(failed.run.run).toMatchObject({ status: 'PAUSED', sessions: [{ status: 'FAILED_NEEDS_HUMAN' }] })
    expect(await runs.resumeRun(commands, operator, { runId })).toMatchObject({
      problem: { type: 'NotResumable', because: 'APPROVAL_OPEN' },
    })
    const approval = failed.run.run.approvals.find(({ status }) => status === 'PENDING')
    const retried = accepted(
      await decideApproval(commands, operator, {
        approvalId: approval!.id,
        decision: 'RETRY',
        digest: approval!.digest,
      }),
    )
    expect(retried.run.run).toMatchObject({ status: 'RUNNING', sessions: [{ status: 'DISPOSED' }] })
    accepted(await runs.startPhase(commands, worker, { runId, phase: 'plan', fence: 1 }))
    expect(await verifyRun(commands, operator, runId)).toMatchObject({ consistent: true, differences: [] })
  })
})

describe('a transcript', () => {
  test('absorbs what comes again, and names the number a gap begins at', async () => {
    const { commands, callers } = kit
    const { worker } = callers
    const runId = await startDelivery()
    const { id: sessionId } = accepted(
      await openSession(commands, worker, { runId, role: 'planner', adapter: 'scripted', fence: 1 }),
    ).row
    const append = (fromSeq: number, texts: string[], fence = 1) =>
      appendTranscript(commands, worker, { sessionId, fence, fromSeq, entries: toContents(...texts) })
    expect(await append(1, ['a', 'b'])).toMatchObject({ ok: true, nextSeq: 3 })
    expect(await append(2, ['b', 'c'])).toMatchObject({ ok: true, nextSeq: 4 })
    expect(await append(6, ['f'])).toMatchObject({ problem: { type: 'TranscriptGap', expectedSeq: 4 } })
    expect(await append(4, ['d'], 2)).toMatchObject({ problem: { type: 'LeaseLost' } })
  })
})

describe('messages and children', () => {
  test('that nobody received are UNDELIVERED when the run settles', async () => {
    const { commands, callers } = kit
    const { worker, operator } = callers
    const runId = await startDelivery()
    const sent = accepted(await sendMessage(commands, operator, { runId, text: 'hurry' }))
    accepted(await runs.failRun(commands, worker, { runId, fence: 1, error: 'no' }))
    expect(
      accepted(
        await acknowledgeMessage(commands, worker, { messageId: sent.row.id, receipt: 'CONSUMED', fence: 1 }),
      ),
    ).toMatchObject({
      changed: false,
      row: { status: 'UNDELIVERED' },
    })
    expect(await sendMessage(commands, operator, { runId, text: 'still there?' })).toMatchObject({
      problem: { type: 'RunNotActive' },
    })
  })

  test('a cancelled parent cancels its children, whose parents are told while they are active', async () => {
    const { commands, callers } = kit
    const { operator } = callers
    const parent = accepted(await startRun(commands, operator, { ...START, claim: null })).run.run.id
    const child = accepted(await startRun(commands, operator, { ...START, claim: null, parentRunId: parent }))
      .run.run.id
    const other = accepted(await startRun(commands, operator, { ...START, claim: null, parentRunId: parent }))
      .run.run.id
    accepted(await runs.cancelRun(commands, operator, { runId: other }))
    const cancelled = await runs.cancelRun(commands, operator, { runId: parent })
    expect(cancelled).toMatchObject({ ok: true, relatives: { cancelled: 1, left: [] } })
    const log = await verifyRun(commands, operator, child)
    expect(log).toMatchObject({
      consistent: true,
      run: { run: { status: 'CANCELLED', reason: 'CLOSED_BY_PARENT' } },
    })
    expect(await verifyRun(commands, operator, parent)).toMatchObject({ consistent: true })
  })
})

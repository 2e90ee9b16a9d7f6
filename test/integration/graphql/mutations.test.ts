import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Caller } from '../../../src/commands/kit/context.ts'
import { agentOf } from '../../support/callers.ts'
import { type Data, openTestGraph, type TestGraph } from '../../support/graphql.ts'
import { passTime } from '../../support/passTime.ts'
import { begin, type ReachableStatus, runIn } from '../../support/runs.ts'
import { GATED, ROUNDS, SOLO } from '../../support/workflows.ts'

let graph: TestGraph
let operator: Caller
let worker: Caller

beforeAll(async () => {
  graph = await openTestGraph({ workflows: [SOLO, ROUNDS, GATED] })
  operator = graph.callers.operator
  worker = graph.callers.worker
})
afterAll(() => graph.close())

const PROBLEM = '... on Problem { message } '
const FORBIDDEN = '... on Forbidden { requiredRole } '

/** Sends a mutation and selects what of any of its members is named. */
const send = (name: string, input: unknown, as: Caller, members: string): Promise<Data> =>
  graph.mutate(name, input, PROBLEM + FORBIDDEN + members, { as })

/** Every refusal carries words. */
const problem = (type: string, rest: object = {}) => ({
  __typename: type,
  message: expect.stringMatching(/\S.*\.$/),
  ...rest,
})

const runOf = (status: ReachableStatus, overrides = {}) => runIn(graph, status, overrides)

describe('startRun', () => {
  const MEMBERS = `... on StartRunSuccess { isReplayed agentToken lease { owner fence isLive expiresAt } run { id status title project labels input revision } }
    ... on NotFound { kind id } ... on ConcurrencyConflict { holder { id status } }
    ... on IdempotencyMismatch { differingPaths } ... on InvalidInput { issues { path message } }`
  const start = (input: unknown, as = operator) => send('startRun', input, as, MEMBERS)

  it('starts a run that waits in the queue', async () => {
    const input = { pr: 31, nested: [1, { a: null }] }
    expect(await start({ workflow: 'solo', title: 'PR 31', input, labels: ['x', 'y', 'x'] })).toEqual({
      __typename: 'StartRunSuccess',
      isReplayed: false,
      agentToken: null,
      lease: null,
      run: {
        id: expect.stringMatching(/^run_/),
        status: 'QUEUED',
        title: 'PR 31',
        project: 'default',
        labels: ['x', 'y'],
        input,
        revision: 2,
      },
    })
  })

  it('claims it in the same step, and hands out the token of its agent', async () => {
    const answer = await start(
      { workflow: 'solo', claim: { owner: 'me', leaseSeconds: 60 } },
      graph.callers.admin,
    )
    expect(answer).toMatchObject({
      lease: { owner: 'me', fence: 1, isLive: true },
      agentToken: `agent of ${answer.run.id} under 1`,
      run: { status: 'RUNNING' },
    })
    const without = await start({ workflow: 'solo', claim: { owner: 'me', leaseSeconds: 0 } }, worker)
    expect(without.lease).toEqual({ owner: 'me', fence: 1, isLive: true, expiresAt: null })
  })

  it('starts in the only project of a token that has one', async () => {
    const limited = { ...operator, projects: ['apollo'] }
    expect(await start({ workflow: 'solo' }, limited)).toMatchObject({ run: { project: 'apollo' } })
    expect(await start({ workflow: 'solo', project: 'other' }, limited)).toEqual(
      problem('Forbidden', { requiredRole: null }),
    )
    const twice = { ...operator, projects: ['apollo', 'gemini'] }
    expect(await start({ workflow: 'solo' }, twice)).toMatchObject({ __typename: 'Forbidden' })
  })

  it('answers the same key with the first result, another input with what differs', async () => {
    const input = { workflow: 'solo', title: 'once', idempotencyKey: 'start-1' }
    const first = await start(input)
    expect(await start(input)).toEqual({ ...first, isReplayed: true })
    expect(await start({ ...input, title: 'twice', labels: ['x'] })).toEqual(
      problem('IdempotencyMismatch', { differingPaths: ['labels', 'title'] }),
    )
  })

  it('hands out the same token again, while the claim is on the run', async () => {
    const input = { workflow: 'solo', claim: { owner: 'me' }, idempotencyKey: 'start-2' }
    const first = await start(input, worker)
    expect(await start(input, worker)).toMatchObject({ isReplayed: true, agentToken: first.agentToken })
    await send('releaseRun', { runId: first.run.id, fence: 1 }, worker, '')
    expect(await start(input, worker)).toMatchObject({ isReplayed: true, agentToken: null, lease: null })
  })

  it('refuses what is not there, held or not allowed', async () => {
    expect(await start({ workflow: 'nope' })).toMatchObject(
      problem('NotFound', { kind: 'WORKFLOW', id: 'nope' }),
    )
    expect(await start({ workflow: 'solo', version: 2 })).toMatchObject({
      kind: 'WORKFLOW',
      id: 'solo',
      message: expect.stringContaining('version 2'),
    })
    const held = await start({ workflow: 'solo', concurrencyKey: 'pr-31' })
    expect(await start({ workflow: 'solo', concurrencyKey: 'pr-31' })).toEqual(
      problem('ConcurrencyConflict', { holder: { id: held.run.id, status: 'QUEUED' } }),
    )
  })
})

describe('claimRun', () => {
  const MEMBERS = `... on ClaimRunSuccess { isReplayed agentToken lease { owner fence } run { id status } }
    ... on NotClaimable { status run { id } heldBy { owner fence isLive } } ... on NotFound { kind id }
    ... on IdempotencyMismatch { differingPaths }`
  const claim = (input: unknown, as = worker) => send('claimRun', input, as, MEMBERS)

  it('claims the run named, once', async () => {
    const { id } = await begin(graph)
    expect(await claim({ runId: id, owner: 'w1' })).toMatchObject({
      lease: { owner: 'w1', fence: 1 },
      run: { id, status: 'RUNNING' },
    })
    expect(await claim({ runId: id, owner: 'w2' })).toEqual(
      problem('NotClaimable', {
        status: 'RUNNING',
        run: { id },
        heldBy: { owner: 'w1', fence: 1, isLive: true },
      }),
    )
    expect(await claim({ runId: (await runOf('COMPLETED')).id, owner: 'w2' })).toMatchObject({
      status: 'COMPLETED',
      heldBy: null,
    })
  })

  it('claims whichever matches, and says when none does', async () => {
    const { id } = await begin(graph, { labels: ['gpu'], project: 'claims' })
    const which = { project: 'claims', labels: ['gpu'], workflows: ['solo'], owner: 'w1' }
    expect(await claim({ ...which, workflows: ['rounds'] })).toEqual(problem('NothingToClaim'))
    expect(await claim({ ...which, idempotencyKey: 'c-1' })).toMatchObject({ run: { id }, isReplayed: false })
    expect(await claim({ ...which, idempotencyKey: 'c-1' })).toMatchObject({ run: { id }, isReplayed: true })
    expect(await claim({ ...which, owner: 'w2', idempotencyKey: 'c-1' })).toEqual(
      problem('IdempotencyMismatch', { differingPaths: ['owner'] }),
    )
    expect(await claim(which)).toEqual(problem('NothingToClaim'))
  })
})

describe('renewLease', () => {
  const MEMBERS = `... on RenewLeaseSuccess { lease { owner fence isLive expiresAt } directives { kind } }
    ... on LeaseLost { run { id } yourFence currentFence } ... on NotFound { kind id }`
  const renew = (input: unknown, as = worker) => send('renewLease', input, as, MEMBERS)

  it('renews a lease and tells its owner what to do', async () => {
    const { id: runId } = await runOf('RUNNING')
    const answer = await renew({ runId, fence: 1, leaseSeconds: 600 })
    expect(answer).toMatchObject({
      lease: { owner: 'first', fence: 1, isLive: true },
      directives: [{ kind: 'CONTINUE' }],
    })
    expect(Date.parse(answer.lease.expiresAt)).toBeGreaterThan(Date.now() + 500_000)
    const { id: paused } = await runOf('PAUSED')
    expect(await renew({ runId: paused, fence: 1 })).toMatchObject({ directives: [{ kind: 'PAUSE' }] })
  })

  it('refuses a claim that is over', async () => {
    const { id: runId } = await runOf('RUNNING')
    expect(await renew({ runId, fence: 7 })).toEqual(
      problem('LeaseLost', { run: { id: runId }, yourFence: 7, currentFence: 1 }),
    )
  })
})

describe('releaseRun and confirmCancel', () => {
  const MEMBERS = (name: string) => `... on ${name}Success { isReplayed run { status isCancelConfirmed } }
    ... on LeaseLost { yourFence currentFence } ... on NotFound { kind id } ... on IdempotencyMismatch { differingPaths }`
  const release = (input: unknown, as = worker) => send('releaseRun', input, as, MEMBERS('ReleaseRun'))
  const confirm = (input: unknown, as = worker) =>
    send('confirmCancel', input, as, `${MEMBERS('ConfirmCancel')} ... on RunNotActive { status run { id } }`)

  it('give a claim back', async () => {
    const { id: runId } = await runOf('RUNNING')
    const input = { runId, fence: 1, idempotencyKey: 'r' }
    const done = { __typename: 'ReleaseRunSuccess', run: { status: 'QUEUED', isCancelConfirmed: null } }
    expect(await release(input)).toEqual({ ...done, isReplayed: false })
    expect(await release(input)).toEqual({ ...done, isReplayed: true })
    expect(await release({ runId, fence: 1 })).toEqual(
      problem('LeaseLost', { yourFence: 1, currentFence: 1 }),
    )
  })

  it('say whether the processes are gone', async () => {
    const confirmed = { status: 'CANCELLED', isCancelConfirmed: true }
    const { id: runId } = await runOf('CANCELLING')
    expect(await confirm({ runId, fence: 1 })).toMatchObject({ run: confirmed, isReplayed: false })
    const { id: other } = await runOf('CANCELLING')
    expect(await release({ runId: other, fence: 1 })).toMatchObject({
      run: { ...confirmed, isCancelConfirmed: false },
    })
  })

  it('are refused out of place', async () => {
    const { id: runId } = await runOf('RUNNING')
    expect(await confirm({ runId, fence: 1 })).toEqual(
      problem('RunNotActive', { status: 'RUNNING', run: { id: runId } }),
    )
    expect(await confirm({ runId, fence: 9 })).toEqual(
      problem('LeaseLost', { yourFence: 9, currentFence: 1 }),
    )
  })
})

describe('pauseRun and resumeRun', () => {
  const PAUSE = `... on PauseRunSuccess { isReplayed run { status } } ... on NotPausable { status run { id } }
    ... on RevisionConflict { expected actual run { id } } ... on NotFound { kind id } ... on IdempotencyMismatch { differingPaths }`
  const RESUME = `... on ResumeRunSuccess { isReplayed agentToken lease { owner fence } run { status epoch } } ... on NotResumable { status because run { id } }
    ... on RevisionConflict { expected actual } ... on ConcurrencyConflict { holder { id } } ... on NotFound { kind id } ... on IdempotencyMismatch { differingPaths }`
  const pause = (input: unknown, as = operator) => send('pauseRun', input, as, PAUSE)
  const resume = (input: unknown, as = operator) => send('resumeRun', input, as, RESUME)

  it('hold a run up and let it go on under its owner', async () => {
    const { id: runId } = await runOf('RUNNING')
    const input = { runId, comment: 'lunch', idempotencyKey: 'p' }
    expect(await pause(input)).toMatchObject({ run: { status: 'PAUSED' }, isReplayed: false })
    expect(await pause(input)).toMatchObject({ run: { status: 'PAUSED' }, isReplayed: true })
    const resumed = { runId, comment: 'back', idempotencyKey: 'r' }
    expect(await resume(resumed)).toMatchObject({ run: { status: 'RUNNING' }, lease: null, agentToken: null })
  })

  it('take up a failed run in an epoch of its own, claimed where asked', async () => {
    const { id: runId } = await runOf('FAILED')
    expect(await resume({ runId, claim: { owner: 'w2' } }, worker)).toMatchObject({
      run: { status: 'RUNNING', epoch: 2 },
      lease: { owner: 'w2', fence: 2 },
      agentToken: `agent of ${runId} under 2`,
    })
    expect(await resume({ runId }, worker)).toEqual(
      problem('NotResumable', { status: 'RUNNING', because: 'OWNED', run: { id: runId } }),
    )
  })

  it('are refused out of place', async () => {
    const { id: final, revision } = await runOf('COMPLETED')
    expect(await pause({ runId: final })).toEqual(
      problem('NotPausable', { status: 'COMPLETED', run: { id: final } }),
    )
    expect(await resume({ runId: final })).toMatchObject({ because: 'FINAL' })
    const conflict = { expected: 1, actual: revision }
    expect(await pause({ runId: final, ifRevision: 1 })).toEqual(
      problem('RevisionConflict', { ...conflict, run: { id: final } }),
    )
    expect(await resume({ runId: final, ifRevision: 1 })).toEqual(problem('RevisionConflict', conflict))
    const failed = await runOf('FAILED', { concurrencyKey: 'taken' })
    await send('releaseRun', { runId: failed.id, fence: 1 }, worker, '')
    const holder = await begin(graph, { concurrencyKey: 'taken' })
    expect(await resume({ runId: failed.id })).toEqual(
      problem('ConcurrencyConflict', { holder: { id: holder.id } }),
    )
  })
})

describe('completeRun and failRun', () => {
  const COMPLETE = `... on CompleteRunSuccess { isReplayed run { status outcome output } } ... on NotCompletable { status missing { kind phase detail } run { id } }
    ... on LeaseLost { yourFence currentFence } ... on RevisionConflict { actual } ... on NotFound { kind id } ... on IdempotencyMismatch { differingPaths }`
  const FAIL = `... on FailRunSuccess { isReplayed run { status reason outcome error } } ... on RunNotActive { status }
    ... on LeaseLost { yourFence } ... on NotFound { kind id } ... on IdempotencyMismatch { differingPaths }`
  const complete = (input: unknown, as = worker) => send('completeRun', input, as, COMPLETE)
  const fail = (input: unknown, as = worker) => send('failRun', input, as, FAIL)

  it('settle a run, COMPLETED on evidence alone', async () => {
    const { id: runId } = await runOf('RUNNING')
    expect(await complete({ runId, fence: 1 })).toEqual(
      problem('NotCompletable', {
        status: 'RUNNING',
        run: { id: runId },
        missing: [{ kind: 'PHASE', phase: 'work', detail: 'phase work is PENDING' }],
      }),
    )
    await send('startPhase', { runId, phase: 'work', fence: 1 }, worker, '')
    const input = { runId, fence: 1, output: { merged: true }, idempotencyKey: 'c' }
    const run = { status: 'COMPLETED', outcome: 'SUCCESS', output: { merged: true } }
    expect(await complete(input)).toEqual({ __typename: 'CompleteRunSuccess', isReplayed: false, run })
    expect(await complete(input)).toEqual({ __typename: 'CompleteRunSuccess', isReplayed: true, run })
    expect(await complete({ ...input, output: { merged: false } })).toEqual(
      problem('IdempotencyMismatch', { differingPaths: ['output.merged'] }),
    )
  })

  it('settle a run as FAILED by the word of its owner, or of its agent without naming the fence', async () => {
    const { id: runId } = await runOf('RUNNING')
    const input = { runId, error: 'red', reason: 'INCOMPLETE', idempotencyKey: 'f' }
    const run = { status: 'FAILED', reason: 'INCOMPLETE', outcome: 'INCOMPLETE', error: 'red' }
    expect(await fail(input, agentOf(runId, 1))).toEqual({
      __typename: 'FailRunSuccess',
      isReplayed: false,
      run,
    })
    expect(await fail(input, agentOf(runId, 1))).toMatchObject({ isReplayed: true })
    expect(await fail({ runId: (await runOf('QUEUED')).id, error: 'no worker' })).toMatchObject({
      run: { status: 'FAILED', reason: 'REPORTED_FAILURE', outcome: 'FAILED' },
    })
  })

  it('are refused out of place', async () => {
    const { id: runId } = await runOf('PAUSED')
    expect(await complete({ runId, fence: 1 })).toEqual(
      expect.objectContaining({ __typename: 'NotCompletable', status: 'PAUSED', run: { id: runId } }),
    )
    expect(await fail({ runId, fence: 1, error: 'x' })).toEqual(problem('RunNotActive', { status: 'PAUSED' }))
    expect(await complete({ runId })).toEqual(problem('LeaseLost', { yourFence: 0, currentFence: 1 }))
    expect(await complete({ runId, fence: 1, ifRevision: 1 })).toMatchObject({
      __typename: 'RevisionConflict',
    })
  })
})

describe('cancelRun and deleteRun', () => {
  const CANCEL = `... on CancelRunSuccess { hasChanged isReplayed run { status outcome } } ... on RevisionConflict { actual }
    ... on NotFound { kind id } ... on IdempotencyMismatch { differingPaths }`
  const DELETE = `... on DeleteRunSuccess { runId isReplayed } ... on NotDeletable { status run { id } }
    ... on NotFound { kind id } ... on IdempotencyMismatch { differingPaths }`
  const cancel = (input: unknown, as = operator) => send('cancelRun', input, as, CANCEL)
  const remove = (input: unknown, as = operator) => send('deleteRun', input, as, DELETE)

  it('cancel at once where nobody holds the run, else by way of its owner', async () => {
    const input = { runId: (await runOf('QUEUED')).id, idempotencyKey: 'x' }
    const run = { status: 'CANCELLED', outcome: 'CANCELLED' }
    expect(await cancel(input)).toEqual({
      __typename: 'CancelRunSuccess',
      hasChanged: true,
      isReplayed: false,
      run,
    })
    expect(await cancel(input)).toMatchObject({ run, isReplayed: true })
    expect(await cancel({ runId: input.runId })).toMatchObject({ run, hasChanged: false, isReplayed: false })
    const held = await runOf('RUNNING')
    expect(await cancel({ runId: held.id })).toMatchObject({
      hasChanged: true,
      run: { status: 'CANCELLING', outcome: null },
    })
  })

  it('delete what is settled and held by nobody, for good', async () => {
    const { id: runId } = await runOf('CANCELLED')
    const input = { runId, idempotencyKey: 'd' }
    expect(await remove(input)).toEqual({ __typename: 'DeleteRunSuccess', runId, isReplayed: false })
    expect(await remove(input)).toEqual({ __typename: 'DeleteRunSuccess', runId, isReplayed: true })
    expect(await remove({ runId })).toEqual(problem('NotFound', { kind: 'RUN', id: runId }))
  })

  it('are refused out of place', async () => {
    const { id: runId } = await runOf('RUNNING')
    expect(await remove({ runId })).toEqual(
      problem('NotDeletable', { status: 'RUNNING', run: { id: runId } }),
    )
    expect(await cancel({ runId, ifRevision: 1 })).toMatchObject({ __typename: 'RevisionConflict' })
  })
})

describe('phases and rounds', () => {
  const members = (
    name: string,
  ) => `... on ${name}Success { isReplayed run { round currentPhase { key } phases { round } first: phases(round: 1) { round } } phase { key status attempts round error { class code message hint } } }
    ... on IllegalTransition { fromPhase toPhase allowedPhases run { id } } ... on UnknownPhase { phaseKey known } ... on RunNotActive { status }
    ... on LeaseLost { yourFence } ... on NotFound { kind id } ... on IdempotencyMismatch { differingPaths }`
  const startPhase = (input: unknown, as = worker) => send('startPhase', input, as, members('StartPhase'))
  const failPhase = (input: unknown, as = worker) => send('failPhase', input, as, members('FailPhase'))
  const advance = (input: unknown, as = worker) =>
    send(
      'advancePhase',
      input,
      as,
      `${members('AdvancePhase')} ... on NotCompletable { status missing { kind phase } } ... on RevisionConflict { actual }`,
    )
  const completeRound = (input: unknown, as = worker) =>
    send(
      'completeRound',
      input,
      as,
      `... on CompleteRoundSuccess { round hasChanged isReplayed run { round } } ... on IllegalTransition { fromPhase toPhase allowedPhases }
      ... on NotCompletable { status missing { kind } } ... on RunNotActive { status } ... on LeaseLost { yourFence } ... on NotFound { kind id }`,
    )

  it('go through a graph, round after round, and replay what they did in an earlier one', async () => {
    const { id: runId } = await runOf('RUNNING', { workflow: 'rounds' })
    const by = { runId, fence: 1 }
    const first = { ...by, phase: 'draft', idempotencyKey: 's' }
    expect(await startPhase(first)).toMatchObject({
      phase: { key: 'draft', status: 'RUNNING', attempts: 1, round: 1 },
    })
    expect(
      await failPhase({
        ...by,
        phase: 'draft',
        error: { class: 'RECOVERABLE', code: 'FLAKY', message: 'again' },
      }),
    ).toMatchObject({
      phase: {
        status: 'FAILED',
        error: { class: 'RECOVERABLE', code: 'FLAKY', message: 'again', hint: null },
      },
    })
    expect(await startPhase({ ...by, phase: 'draft' })).toMatchObject({ phase: { attempts: 2 } })
    expect(await startPhase({ ...by, phase: 'draft', isRepair: true, because: 'typo' })).toMatchObject({
      phase: { attempts: 3 },
    })
    expect(await advance({ ...by, to: 'check' })).toMatchObject({
      run: { currentPhase: { key: 'check' } },
      phase: { key: 'check', status: 'RUNNING' },
    })
    expect(await completeRound({ ...by, summary: { ok: 1 } })).toMatchObject({ round: 1, hasChanged: true })
    expect(await completeRound(by)).toMatchObject({ round: 1, hasChanged: false, isReplayed: false })
    const four = (round: number) => Array.from({ length: 4 }, () => ({ round }))
    expect(await advance({ ...by, to: 'draft' })).toMatchObject({
      run: { round: 2, phases: four(2), first: four(1) },
      phase: { key: 'draft', status: 'PENDING', round: 2 },
    })
    const { verifyRun } = await graph.read(
      'query ($id: ID!) { verifyRun(id: $id) { ... on VerifyRunSuccess { isConsistent run { phases { round } first: phases(round: 1) { round } } } } }',
      { id: runId },
    )
    expect(verifyRun).toEqual({ isConsistent: true, run: { phases: four(2), first: four(1) } })
    expect(await startPhase(first)).toMatchObject({
      isReplayed: true,
      phase: { key: 'draft', round: 1, attempts: 3 },
    })
    const { run } = await graph.read(
      'query ($id: ID!) { run(id: $id) { phases { round status } first: phases(round: 1) { key status } none: phases(round: 9) { key } } }',
      { id: runId },
    )
    expect(run.phases.every((phase: Data) => phase.round === 2 && phase.status === 'PENDING')).toBe(true)
    expect(run.first.slice(0, 2)).toEqual([
      { key: 'draft', status: 'COMPLETED' },
      { key: 'check', status: 'COMPLETED' },
    ])
    expect(run.none).toEqual([])
  })

  it('are refused out of place', async () => {
    const { id: runId } = await runOf('RUNNING', { workflow: 'rounds' })
    const by = { runId, fence: 1 }
    const error = { class: 'FATAL', code: 'X', message: 'x' }
    const unknown = problem('UnknownPhase', { phaseKey: 'nope', known: ['draft', 'check', 'wrap', 'done'] })
    expect(await startPhase({ ...by, phase: 'nope' })).toEqual(unknown)
    expect(await failPhase({ ...by, phase: 'nope', error })).toEqual(unknown)
    expect(await advance({ ...by, to: 'nope' })).toEqual(unknown)
    expect(await startPhase({ ...by, phase: 'check' })).toMatchObject(
      problem('IllegalTransition', { fromPhase: 'draft', toPhase: 'check', run: { id: runId } }),
    )
    expect(await failPhase({ ...by, phase: 'draft', error })).toMatchObject({
      __typename: 'IllegalTransition',
    })
    expect(await advance({ ...by, to: 'check' })).toMatchObject({ __typename: 'IllegalTransition' })
    expect(await completeRound(by)).toMatchObject({ __typename: 'IllegalTransition' })
    expect(await advance({ ...by, to: 'check', ifRevision: 1 })).toMatchObject({
      __typename: 'RevisionConflict',
    })
    await send('pauseRun', { runId }, operator, '')
    for (const ask of [
      startPhase({ ...by, phase: 'draft' }),
      advance({ ...by, to: 'check' }),
      completeRound(by),
    ])
      expect(await ask).toEqual(problem('RunNotActive', { status: 'PAUSED' }))
  })

  it('name the evidence that is short', async () => {
    const { id: runId } = await runOf('RUNNING', { workflow: 'gated' })
    await startPhase({ runId, fence: 1, phase: 'plan' })
    expect(await advance({ runId, fence: 1, to: 'done' })).toEqual(
      problem('NotCompletable', {
        status: 'RUNNING',
        missing: [
          { kind: 'ARTIFACT', phase: 'plan' },
          { kind: 'APPROVAL', phase: 'plan' },
        ],
      }),
    )
  })
})

describe('executions', () => {
  const START = `... on StartExecutionSuccess { isReplayed execution { id command pid end outcome epoch attempt run { id } phase { key } startedAt } }
    ... on RunNotActive { status } ... on UnknownPhase { phaseKey } ... on LeaseLost { yourFence } ... on NotFound { kind id } ... on IdempotencyMismatch { differingPaths }`
  const FINISH = `... on FinishExecutionSuccess { isReplayed outcome execution { id end exitCode signal outcome endedAt run { id revision } } }
    ... on ExecutionAlreadyFinished { execution { id exitCode } } ... on NotFound { kind id } ... on IdempotencyMismatch { differingPaths }`
  const start = (input: unknown, as = worker) => send('startExecution', input, as, START)
  const finish = (input: object, as = worker) => send('finishExecution', { fence: 1, ...input }, as, FINISH)

  it('of a phase come to what the phase came to: an exit code is no evidence', async () => {
    const { id: runId } = await runOf('RUNNING')
    await send('startPhase', { runId, phase: 'work', fence: 1 }, worker, '')
    const input = { runId, phase: 'work', command: 'claude -p', pid: 42, fence: 1, idempotencyKey: 'e' }
    const started = await start(input)
    expect(started).toMatchObject({
      isReplayed: false,
      execution: {
        command: 'claude -p',
        pid: 42,
        end: null,
        outcome: null,
        epoch: 1,
        attempt: 1,
        run: { id: runId },
        phase: { key: 'work' },
      },
    })
    expect(await start(input)).toMatchObject({ isReplayed: true, execution: { id: started.execution.id } })
    const executionId: string = started.execution.id
    const end = { executionId, exitCode: 0, idempotencyKey: 'f' }
    expect(await finish(end)).toMatchObject({
      outcome: 'INCOMPLETE',
      execution: { end: 'EXITED', exitCode: 0, outcome: 'INCOMPLETE', run: { id: runId } },
    })
    expect(await finish(end)).toMatchObject({ isReplayed: true, outcome: 'INCOMPLETE' })
    await send('completeRun', { runId, fence: 1 }, worker, '')
    const { node } = await graph.read('query ($id: ID!) { node(id: $id) { ... on Execution { outcome } } }', {
      id: executionId,
    })
    expect(node).toEqual({ outcome: 'SUCCESS' })
  })

  it('are checked again by each mutation of one operation', async () => {
    const { id: runId } = await runOf('RUNNING')
    await send('startPhase', { runId, phase: 'work', fence: 1 }, worker, '')
    const begun = [1, 2].map(() => start({ runId, phase: 'work', command: 'x', fence: 1 }))
    const [one, two] = (await Promise.all(begun)).map(({ execution }) => execution.id as string)
    const answer = await graph.read(
      `mutation ($run: ID!, $one: ID!, $two: ID!) {
        before: finishExecution(input: { executionId: $one, exitCode: 0 }) { ... on FinishExecutionSuccess { outcome } }
        completeRun(input: { runId: $run, fence: 1 }) { ... on CompleteRunSuccess { run { status executions { edges { node { outcome } } } } } }
        after: finishExecution(input: { executionId: $two, exitCode: 0 }) { ... on FinishExecutionSuccess { outcome execution { end run { status } } } } }`,
      { run: runId, one, two },
    )
    const done = { node: { outcome: 'SUCCESS' } }
    expect(answer).toEqual({
      before: { outcome: 'INCOMPLETE' },
      completeRun: { run: { status: 'COMPLETED', executions: { edges: [done, done] } } },
      after: { outcome: 'SUCCESS', execution: { end: 'EXITED', run: { status: 'COMPLETED' } } },
    })
  })

  it('of no run belong to who started them', async () => {
    const started = await start({ command: 'make', idempotencyKey: 'alone' })
    expect(started.execution).toMatchObject({ run: null, phase: null, epoch: null, attempt: null })
    expect(await start({ command: 'make', idempotencyKey: 'alone' })).toMatchObject({ isReplayed: true })
    const executionId: string = started.execution.id
    expect(
      await finish(
        { executionId, exitCode: 0 },
        {
          ...worker,
          principalId: 'prn_walter',
        },
      ),
    ).toEqual(problem('Forbidden', { requiredRole: 'ADMIN' }))
    expect(await finish({ executionId, exitCode: 0 })).toMatchObject({
      outcome: 'SUCCESS',
      isReplayed: false,
    })
    expect(await finish({ executionId, exitCode: 1 })).toEqual(
      problem('ExecutionAlreadyFinished', { execution: { id: executionId, exitCode: 0 } }),
    )
  })

  it('tell their end by the claim that they were started under, live or over, or by an operator', async () => {
    const { id: runId } = await runOf('RUNNING')
    const launch = async (fence: number) => {
      const { execution } = await start({ runId, command: 'x', fence })
      return String(execution.id)
    }
    const [first, second] = [await launch(1), await launch(1)]
    await send('releaseRun', { runId, fence: 1 }, worker, '')
    await send('claimRun', { runId, owner: 'next', leaseSeconds: 600 }, worker, '')
    const other = await launch(2)
    const refused = problem('Forbidden', { requiredRole: 'OPERATOR' })
    for (const [executionId, fence] of [
      [first, 2],
      [first, 0],
      [first, null],
      [other, 1],
    ] as const)
      expect(await finish({ executionId, fence, exitCode: 0 })).toEqual(refused)
    // an agent names its own claim, and can name no other
    expect(await finish({ executionId: first, fence: null, exitCode: 0 }, agentOf(runId, 2))).toEqual(refused)
    expect(await finish({ executionId: first, fence: 1, exitCode: 0 }, agentOf(runId, 2))).toEqual(refused)
    expect(await finish({ executionId: other, fence: null, exitCode: 5 }, agentOf(runId, 2))).toMatchObject({
      execution: { exitCode: 5 },
    })
    expect(await finish({ executionId: first, fence: 1, exitCode: 6 })).toMatchObject({
      execution: { exitCode: 6 },
    })
    expect(await finish({ executionId: second, fence: null, exitCode: 7 }, operator)).toMatchObject({
      execution: { exitCode: 7 },
    })
  })

  it('tell their end once, by a signal or on time', async () => {
    const { id: runId } = await runOf('RUNNING')
    for (const [end, outcome] of [
      [{ signal: 'SIGKILL' }, 'FAILED'],
      [{ exitCode: 3 }, 'FAILED'],
      [{ end: 'TIMED_OUT' }, 'FAILED'],
      [{ end: 'CANCELLED' }, 'CANCELLED'],
    ] as const) {
      const { execution } = await start({ runId, command: 'x', fence: 1 })
      expect(await finish({ executionId: execution.id, ...end })).toMatchObject({
        outcome,
        execution: { outcome, ...end },
      })
    }
  })

  it('are refused out of place', async () => {
    const { id: runId } = await runOf('RUNNING')
    const by = { runId, command: 'x', fence: 1 }
    expect(await start({ ...by, phase: 'nope' })).toEqual(problem('UnknownPhase', { phaseKey: 'nope' }))
    await send('pauseRun', { runId }, operator, '')
    expect(await start(by)).toEqual(problem('RunNotActive', { status: 'PAUSED' }))
  })
})

describe('registerWorkflow', () => {
  const MEMBERS = `... on RegisterWorkflowSuccess { hasChanged workflow { id name version initialPhase definition createdAt phases { key next isFinal role isApprovalRequired artifactPath } } }
    ... on WorkflowMismatch { name version } ... on InvalidInput { issues { path message } }`
  const register = (definition: unknown, as = operator) =>
    send('registerWorkflow', { definition }, as, MEMBERS)
  const definition = {
    name: 'tiny',
    version: 1,
    initialPhase: 'a',
    phases: [
      {
        key: 'a',
        next: ['b'],
        role: 'coder',
        artifact: { path: 'a.md' },
        approval: { gate: 'g', question: 'ok?' },
      },
      { key: 'b', final: true },
    ],
  }

  it('is answered again under its key with what it answered first, and with nothing else', async () => {
    const KEYED = `... on RegisterWorkflowSuccess { hasChanged isReplayed workflow { id } } ... on IdempotencyMismatch { differingPaths }`
    const input = { definition: { ...definition, name: 'keyed' }, idempotencyKey: 'keyed' }
    const first = await send('registerWorkflow', input, operator, KEYED)
    expect(first).toMatchObject({ hasChanged: true, isReplayed: false })
    expect(await send('registerWorkflow', input, operator, KEYED)).toEqual({ ...first, isReplayed: true })
    const other = { ...input, definition: { ...definition, name: 'other' } }
    const mismatch = { __typename: 'IdempotencyMismatch', differingPaths: ['definition.name'] }
    expect(await send('registerWorkflow', other, operator, KEYED)).toMatchObject(mismatch)
    const raced = Array.from({ length: 6 }, (_, index) => ({
      definition: { ...definition, name: `raced-${index % 2}` },
      idempotencyKey: 'raced',
    }))
    const answers = await Promise.all(raced.map((each) => send('registerWorkflow', each, operator, KEYED)))
    const made = answers.filter((answer) => answer.workflow)
    expect(made.filter(({ isReplayed }) => !isReplayed)).toHaveLength(1)
    expect(new Set(made.map(({ workflow }) => workflow.id)).size).toBe(1)
    expect(answers.filter(({ differingPaths }) => differingPaths)).toHaveLength(3)
  })

  it('registers a version for good', async () => {
    const first = await register(definition)
    expect(first).toMatchObject({
      hasChanged: true,
      workflow: {
        name: 'tiny',
        version: 1,
        initialPhase: 'a',
        phases: [
          {
            key: 'a',
            next: ['b'],
            isFinal: false,
            role: 'coder',
            isApprovalRequired: true,
            artifactPath: 'a.md',
          },
          { key: 'b', next: [], isFinal: true, role: null, isApprovalRequired: false, artifactPath: null },
        ],
      },
    })
    expect(await register(definition)).toEqual({ ...first, hasChanged: false })
    expect(await register({ ...definition, maxResumes: 1 })).toEqual(
      problem('WorkflowMismatch', { name: 'tiny', version: 1 }),
    )
  })

  it('names every mistake with its path', async () => {
    const answer = await register({
      name: 'Bad Name',
      version: 0,
      initialPhase: 'a',
      phases: [{ key: 'a', nex: [] }],
    })
    const paths = answer.issues.map(({ path }: { path: string[] }) => path.join('.'))
    expect(paths).toEqual(
      expect.arrayContaining(['definition.name', 'definition.version', 'definition.phases.0']),
    )
    const outside = await register({
      ...definition,
      version: 2,
      phases: definition.phases.map((phase) => ({ ...phase, artifact: { path: '../out.md' } })),
    })
    expect(outside.issues[0].path.join('.')).toBe('definition.phases.0.artifact.path')
  })
})

describe('sweep', () => {
  const MEMBERS = '... on SweepSuccess { lapsed expired isDryRun }'

  it('moves on what is due, or only tells', async () => {
    const { id } = await runOf('RUNNING')
    const waiting = await runOf('QUEUED')
    await passTime(graph.store, id, 60)
    await passTime(graph.store, waiting.id, 8 * 86_400)
    const { admin } = graph.callers
    const told = await send('sweep', { isDryRun: true }, admin, MEMBERS)
    expect(told).toMatchObject({ isDryRun: true })
    expect(told.lapsed).toContain(id)
    expect(told.expired).toContain(waiting.id)
    expect(await send('sweep', {}, admin, MEMBERS)).toEqual({ ...told, isDryRun: false })
    expect(await send('sweep', {}, admin, MEMBERS)).toMatchObject({ lapsed: [], expired: [] })
  })
})

describe('createToken and revokeToken', () => {
  const CREATE = `... on CreateTokenSuccess { secret token { id name role projects expiresAt lastUsedAt createdAt } } ... on InvalidInput { issues { path } }`
  const REVOKE = '... on RevokeTokenSuccess { tokenId } ... on NotFound { kind id }'
  const TOKENS = '{ tokens { nodes { id name } } }'

  it('make a token whose secret is told once, and end it', async () => {
    const { admin } = graph.callers
    const input = { principal: { name: 'ci' }, role: 'WORKER', projects: ['a'], expiresInSeconds: 60 }
    const { token, secret } = await send('createToken', input, admin, CREATE)
    expect(token).toMatchObject({ name: 'ci', role: 'WORKER', projects: ['a'], lastUsedAt: null })
    expect(secret).toMatch(/^pawl_/)
    expect((await graph.read(TOKENS)).tokens.nodes).toContainEqual({ id: token.id, name: 'ci' })
    const revoked = { __typename: 'RevokeTokenSuccess', tokenId: token.id }
    expect(await send('revokeToken', { tokenId: token.id }, admin, REVOKE)).toEqual(revoked)
    expect(await send('revokeToken', { tokenId: token.id }, admin, REVOKE)).toEqual(revoked)
    expect((await graph.read(TOKENS)).tokens.nodes).not.toContainEqual({ id: token.id, name: 'ci' })
  })

  it('are refused to all but ADMIN, and for the role of agents', async () => {
    expect(
      await send('createToken', { principal: { name: 'x' }, role: 'AGENT' }, graph.callers.admin, CREATE),
    ).toMatchObject({
      issues: [{ path: ['role'] }],
    })
  })
})

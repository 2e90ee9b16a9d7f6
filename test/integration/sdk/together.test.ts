import { createPawl, match, unwrap } from '@pawl/sdk'
import type { Pawl, StartRunResult } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { passTime } from '../../support/passTime.ts'
import { ROUNDS } from '../../support/workflows.ts'

let server: TestServer
let pawl: Pawl
beforeAll(async () => {
  server = await startTestServer()
  pawl = createPawl({ url: server.url, token: server.adminToken })
  unwrap(await pawl.workflows.register(ROUNDS))
})
afterAll(() => server.stop())

type Started = Extract<StartRunResult, { __typename: 'StartRunSuccess' }>

async function start(labels: string[] = []): Promise<Started> {
  const claim = { owner: 'wanda', leaseSeconds: 60 }
  return unwrap(await pawl.runs.start({ workflow: 'rounds', labels, claim }))
}

describe('pawl.runs.drive', () => {
  it('takes several steps, and tells the phase of each', async () => {
    const { run } = await start()
    const steps = [
      { startPhase: { phase: 'draft' } },
      { advancePhase: { to: 'check' } },
      { completeRound: { summary: { found: 3 } } },
    ]
    const { run: after, steps: taken } = unwrap(await pawl.runs.drive(run.id, steps, { fence: 1 }))
    expect(
      taken.map(({ command, phase, hasChanged }) => [command, phase?.key, phase?.status, hasChanged]),
    ).toEqual([
      ['START_PHASE', 'draft', 'COMPLETED', true],
      ['ADVANCE_PHASE', 'check', 'COMPLETED', true],
      ['COMPLETE_ROUND', undefined, undefined, true],
    ])
    expect(after).toMatchObject({ status: 'RUNNING', currentPhase: { key: 'check' } })
  })

  it('answers with the step that was refused, and why, by its type', async () => {
    const { run } = await start()
    const steps = [{ startPhase: { phase: 'draft' } }, { advancePhase: { to: 'done' } }]
    const say = (answer: Awaited<ReturnType<typeof pawl.runs.drive>>) =>
      match(answer, {
        DriveRunSuccess: () => 'taken',
        StepRefused: ({ step, command, steps: taken, refusal }) =>
          refusal.__typename === 'IllegalTransition'
            ? `${step} ${command} after ${taken.length}: ${refusal.fromPhase} to ${refusal.toPhase}`
            : refusal.__typename,
        LeaseLost: ({ yourFence }) => `not under ${yourFence}`,
        NotFound: ({ id }) => `no ${id}`,
        RevisionConflict: ({ message }) => message,
        IdempotencyMismatch: ({ message }) => message,
        InvalidInput: ({ message }) => message,
        Forbidden: ({ message }) => message,
      })
    expect(say(await pawl.runs.drive(run.id, steps, { fence: 1 }))).toBe(
      '1 ADVANCE_PHASE after 0: draft to done',
    )
    expect(say(await pawl.runs.drive(run.id, steps, { fence: 1, isAtomic: false }))).toBe(
      '1 ADVANCE_PHASE after 1: draft to done',
    )
    expect(say(await pawl.runs.drive(run.id, steps, { fence: 2 }))).toBe('not under 2')
    expect(say(await pawl.runs.drive(run.id, [], { fence: 1 }))).toMatch(/steps/)
    expect(say(await pawl.runs.drive('run_nowhere', steps))).toBe('no run_nowhere')
  })

  it('shows the run as it is where the steps are repeated after the lease has expired (G5, G7)', async () => {
    const { run } = await start()
    const steps = [{ startPhase: { phase: 'draft' } }, { advancePhase: { to: 'check' } }]
    const more = { fence: 1, idempotencyKey: 'late' }
    unwrap(await pawl.runs.drive(run.id, steps, more))
    await passTime(server.store, run.id, 61)
    const late = unwrap(await pawl.runs.drive(run.id, steps, more))
    expect(late.steps.map(({ isReplayed }) => isReplayed)).toEqual([true, true])
    expect(late.run).toMatchObject({ status: 'FAILED', reason: 'OWNER_LOST' })
  })

  it('is for an agent with its token, too, which needs no fence', async () => {
    const { run, agentToken } = await start()
    const agent = createPawl({ url: server.url, token: agentToken ?? '' })
    const steps = [{ startPhase: { phase: 'draft' } }, { failRun: { error: 'no way' } }]
    const { run: after, steps: taken } = unwrap(await agent.runs.drive(run.id, steps))
    // what an agent does last is answered, without the run that it may no longer see
    expect([after?.status, taken.at(-1)?.command]).toEqual(['FAILED', 'FAIL'])
    expect(await agent.runs.drive(run.id, steps)).toMatchObject({ __typename: 'LeaseLost', run: null })
  })
})

describe('owned.together', () => {
  it('fills in run and fence, and ends the claim with the step that settles the run', async () => {
    const seen: unknown[] = []
    const worker = pawl.worker({ owner: 'walt', labels: ['together'], leaseSeconds: 5 }, async (owned) => {
      const refused = await owned.together([{ startPhase: { phase: 'draft' } }, { completeRun: {} }])
      seen.push(refused.__typename, owned.isOver)
      unwrap(await owned.together([{ startPhase: { phase: 'draft' } }, { advancePhase: { to: 'check' } }]))
      const rest = [{ completeRound: {} }, { advancePhase: { to: 'done' } }, { completeRun: { output: 7 } }]
      const { run } = unwrap(await owned.together(rest))
      seen.push(run?.status, owned.isOver)
    })
    onTestFinished(() => worker.stop({ timeoutMs: 0 }))
    const { run } = unwrap(await pawl.runs.start({ workflow: 'rounds', labels: ['together'] }))
    for await (const frame of pawl.runs.watch(run.id, { untilSettled: true })) seen.push(frame.status)
    await worker.stop()
    expect(seen.filter((each) => each !== 'QUEUED' && each !== 'RUNNING').toSorted()).toEqual(
      ['StepRefused', false, 'COMPLETED', true, 'COMPLETED'].toSorted(),
    )
    expect(await pawl.runs.get(run.id)).toMatchObject({ status: 'COMPLETED', output: 7, lease: null })
  })

  it('stops the work where a step finds the claim lost', async () => {
    const heard: (string | undefined)[] = []
    const worker = pawl.worker({ owner: 'walt', labels: ['lost'], leaseSeconds: 5 }, async (owned) => {
      unwrap(await pawl.runs.release(owned.run.id, { fence: owned.fence }))
      const answer = await owned.together([{ startPhase: { phase: 'draft' } }])
      heard.push(answer.__typename, owned.interruption)
      void worker.stop({ timeoutMs: 0 })
    })
    unwrap(await pawl.runs.start({ workflow: 'rounds', labels: ['lost'] }))
    await worker.finished
    expect(heard).toEqual(['LeaseLost', 'LEASE_LOST'])
  })
})

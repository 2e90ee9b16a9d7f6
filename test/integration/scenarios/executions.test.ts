import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Actor, type Data, openStage, refusal, type Stage, typesOf } from './stage.ts'
import { DELIVER, RELAY, SOLO } from './workflows.ts'

let stage: Stage
/** Somebody limited to a project of their own, where no other run is. */
let quiet: Actor
beforeAll(async () => {
  stage = await openStage([DELIVER, RELAY, SOLO])
  const { secret } = await stage.adam.must('createToken', {
    principal: { name: 'wim' },
    role: 'WORKER',
    projects: ['quiet'],
  })
  quiet = stage.join(secret)
})
afterAll(() => stage.end())

/** A process launched for a run. */
async function launch(runId: string, rest: object = {}): Promise<string> {
  const { execution } = await stage.wanda.must('startExecution', {
    runId,
    fence: 1,
    command: 'make',
    ...rest,
  })
  return execution.id
}

const finish = (executionId: string, rest: object = { exitCode: 0 }, fence = 1) =>
  stage.wanda.send('finishExecution', { executionId, fence, ...rest })
const complete = (runId: string, fence = 1) => stage.wanda.must('completeRun', { runId, fence })

/** What became of an execution, as it is judged now. */
async function judge(runId: string, executionId: string): Promise<Data> {
  const { executions } = await stage.vera.run(runId)
  return executions.find(({ id }: Data) => id === executionId)
}

describe('an exit code of 0', () => {
  it('is INCOMPLETE while the run is not done, and SUCCESS once it is COMPLETED in that epoch (G3)', async () => {
    const runId = await stage.atWork('solo')
    const executionId = await launch(runId)
    expect(await finish(executionId)).toMatchObject({
      outcome: 'INCOMPLETE',
      execution: { end: 'EXITED', exitCode: 0 },
    })
    expect(await stage.vera.run(runId)).toMatchObject({ status: 'RUNNING', outcome: null })
    expect(await judge(runId, executionId)).toMatchObject({ outcome: 'INCOMPLETE' })
    await complete(runId)
    expect(await judge(runId, executionId)).toMatchObject({ outcome: 'SUCCESS' })
  })

  it('of an epoch that failed stays INCOMPLETE when a later one is COMPLETED (G3)', async () => {
    const runId = await stage.atWork('solo')
    const executionId = await launch(runId)
    await finish(executionId)
    await stage.wanda.must('failRun', { runId, fence: 1, error: 'not done', reason: 'INCOMPLETE' })
    expect(await stage.vera.run(runId)).toMatchObject({ status: 'FAILED', outcome: 'INCOMPLETE' })
    const claim = { owner: 'wanda', leaseSeconds: 600 }
    const { lease } = await stage.wanda.must('resumeRun', { runId, claim })
    await stage.wanda.must('startPhase', { runId, phase: 'work', fence: lease.fence })
    const again = await launch(runId, { fence: lease.fence })
    await finish(again, { exitCode: 0 }, lease.fence)
    await complete(runId, lease.fence)
    expect(await judge(runId, executionId)).toMatchObject({ epoch: 1, outcome: 'INCOMPLETE' })
    expect(await judge(runId, again)).toMatchObject({ epoch: 2, outcome: 'SUCCESS' })
  })

  it('for a phase is SUCCESS once that attempt waits for a person, or a later one is done (G3)', async () => {
    const runId = await stage.atWork('deliver')
    const first = await launch(runId, { phase: 'plan' })
    expect(await finish(first)).toMatchObject({ outcome: 'INCOMPLETE' })
    const error = { class: 'RECOVERABLE', code: 'NO_FILE', message: 'no file' }
    await stage.wanda.must('failPhase', { runId, phase: 'plan', fence: 1, error })
    expect(await judge(runId, first)).toMatchObject({ attempt: 1, outcome: 'INCOMPLETE' })
    await stage.wanda.must('startPhase', { runId, phase: 'plan', fence: 1 })
    const file = { runId, phase: 'plan', path: 'plan.md', content: 'a plan', fence: 1 }
    await stage.wanda.must('submitArtifact', file)
    expect(await judge(runId, first)).toMatchObject({ outcome: 'SUCCESS' })
  })

  it('of no run is SUCCESS', async () => {
    const { execution } = await stage.wanda.must('startExecution', { command: 'make' })
    expect(await finish(execution.id)).toMatchObject({ outcome: 'SUCCESS' })
    expect(await stage.wanda.send('startExecution', { command: '' })).toMatchObject({
      __typename: 'InvalidInput',
    })
  })
})

describe('an end', () => {
  it('by a signal, a limit or another code is FAILED, by a cancel CANCELLED, whatever becomes of the run', async () => {
    const runId = await stage.atWork('solo')
    const ends: [end: object, outcome: string][] = [
      [{ exitCode: 1 }, 'FAILED'],
      [{ signal: 'SIGKILL' }, 'FAILED'],
      [{ end: 'TIMED_OUT' }, 'FAILED'],
      [{ end: 'IDLE', exitCode: 0 }, 'FAILED'],
      [{ end: 'CANCELLED', exitCode: 0 }, 'CANCELLED'],
    ]
    const ids: string[] = []
    for (const [end, outcome] of ends) {
      const id = await launch(runId)
      expect(await finish(id, end)).toMatchObject({ outcome })
      ids.push(id)
    }
    await complete(runId)
    const outcomes = await Promise.all(ids.map(async (id) => (await judge(runId, id)).outcome))
    expect(outcomes).toEqual(ends.map(([, outcome]) => outcome))
  })

  it('is told once: a second one is refused, with the first', async () => {
    const runId = await stage.atWork('solo')
    const id = await launch(runId)
    await finish(id)
    expect(await finish(id, { exitCode: 1 })).toEqual(
      refusal('ExecutionAlreadyFinished', { execution: expect.objectContaining({ id, exitCode: 0 }) }),
    )
    const unknown = 'exe_01jd0000000000000000000000'
    expect(await finish(unknown)).toEqual(refusal('NotFound', { kind: 'EXECUTION', id: unknown }))
  })

  it('of its run closes what is in flight: CLOSED_BY_RUN, judged by how the run ended', async () => {
    const settle: [how: (runId: string) => Promise<unknown>, outcome: string][] = [
      [complete, 'SUCCESS'],
      [(runId) => stage.wanda.must('failRun', { runId, fence: 1, error: 'x' }), 'FAILED'],
      [
        async (runId) => {
          await stage.olga.must('cancelRun', { runId })
          await stage.wanda.must('confirmCancel', { runId, fence: 1 })
        },
        'CANCELLED',
      ],
    ]
    for (const [how, outcome] of settle) {
      const runId = await stage.atWork('solo')
      const id = await launch(runId)
      await how(runId)
      expect(await judge(runId, id)).toMatchObject({ end: 'CLOSED_BY_RUN', outcome })
    }
  })

  it('told after the run has ended is a fact: kept once, without an event, over CLOSED_BY_RUN (G2)', async () => {
    const runId = await stage.atWork('solo')
    const id = await launch(runId)
    await complete(runId)
    const { revision } = await stage.vera.run(runId)
    expect(await finish(id, { exitCode: 1 })).toMatchObject({
      execution: { end: 'EXITED', exitCode: 1 },
      outcome: 'FAILED',
    })
    expect(await finish(id, { exitCode: 0 })).toMatchObject({ __typename: 'ExecutionAlreadyFinished' })
    expect(await stage.vera.run(runId)).toMatchObject({ status: 'COMPLETED', revision })
  })

  it('of its owner is SUPERVISOR_LOST, until the process itself is reported', async () => {
    const runId = await stage.atWork('relay')
    const id = await launch(runId)
    await stage.pass(runId, 601)
    expect(await stage.vera.run(runId)).toMatchObject({ status: 'QUEUED' })
    expect(await judge(runId, id)).toMatchObject({ end: 'SUPERVISOR_LOST', outcome: 'FAILED' })
    // the run is active, so that what is heard now is told in its log
    expect(await finish(id)).toMatchObject({ execution: { end: 'EXITED' }, outcome: 'INCOMPLETE' })
    expect(typesOf(await stage.vera.log(runId))).toContain('EXECUTION_FINISHED')
  })
})

describe('a launch', () => {
  it('is for a run at work, under its fence, for the phase it stands at', async () => {
    const runId = await stage.atWork('deliver')
    const start = (rest: object) =>
      stage.wanda.send('startExecution', { runId, fence: 1, command: 'make', ...rest })
    expect(await start({ fence: 2 })).toEqual(refusal('LeaseLost', { yourFence: 2, currentFence: 1 }))
    expect(await start({ fence: undefined })).toEqual(refusal('LeaseLost', { yourFence: 0 }))
    expect(await start({ phase: 'build' })).toMatchObject({
      __typename: 'InvalidInput',
      issues: [{ path: ['phase'] }],
    })
    await stage.olga.must('pauseRun', { runId })
    expect(await start({})).toEqual(refusal('RunNotActive', { status: 'PAUSED' }))
  })

  it('racing the cancel of its run is refused, or told to it: no process is forgotten (G1)', async () => {
    for (let time = 0; time < 20; time++) {
      const runId = await stage.atWork('solo')
      const [launched, cancelled] = await Promise.all([
        stage.wanda.send('startExecution', { runId, fence: 1, command: 'make' }),
        stage.olga.send('cancelRun', { runId }),
      ])
      expect(cancelled).toMatchObject({ run: { status: 'CANCELLING' } })
      await stage.wanda.must('confirmCancel', { runId, fence: 1 })
      const { executions } = await stage.vera.run(runId)
      if (launched.__typename === 'StartExecutionSuccess')
        expect(executions).toEqual([
          expect.objectContaining({ id: launched.execution.id, end: 'CLOSED_BY_RUN' }),
        ])
      else {
        expect(launched).toEqual(refusal('RunNotActive', { status: 'CANCELLING' }))
        expect(executions).toEqual([])
      }
    }
  })
})

describe('a command that names no run', () => {
  const RESOLVE = `query ($input: ResolveRunInput!) { resolveRun(input: $input) { __typename
    ... on Problem { message } ... on ResolveRunSuccess { run { id } via } ... on AmbiguousRun { candidates { id } } } }`
  const resolve = async (input: object) => (await quiet.read(RESOLVE, { input })).resolveRun
  const start = async () => {
    const claim = { owner: 'wim', leaseSeconds: 600 }
    return (await quiet.must('startRun', { workflow: 'solo', claim })).run.id as string
  }

  it('means the only active one; of several none, but the one of its execution', async () => {
    expect(await resolve({})).toEqual(refusal('NoActiveRun'))
    const first = await start()
    expect(await resolve({})).toMatchObject({ run: { id: first }, via: 'ONLY_ACTIVE' })
    const second = await start()
    const ambiguous = await resolve({})
    expect(ambiguous).toMatchObject({ __typename: 'AmbiguousRun' })
    expect(ambiguous.candidates.map(({ id }: Data) => id).toSorted()).toEqual([first, second].toSorted())

    const { execution } = await quiet.must('startExecution', { runId: first, fence: 1, command: 'make' })
    const byExecution = { run: { id: first }, via: 'EXECUTION' }
    expect(await resolve({ executionId: execution.id })).toMatchObject(byExecution)
    expect(await resolve({ executionId: execution.id, runId: second })).toMatchObject({
      run: { id: second },
      via: 'EXPLICIT',
    })
    // though its run is over, an execution means that run and no other
    await quiet.must('failRun', { runId: first, fence: 1, error: 'x' })
    expect(await resolve({ executionId: execution.id })).toMatchObject(byExecution)
    expect(await resolve({})).toMatchObject({ run: { id: second }, via: 'ONLY_ACTIVE' })
  })

  it('means none where its execution is of no run', async () => {
    const { execution } = await quiet.must('startExecution', { command: 'make' })
    expect(await resolve({ executionId: execution.id })).toEqual(refusal('NoActiveRun'))
    expect(await resolve({ executionId: 'exe_01jd0000000000000000000000' })).toEqual(refusal('NotFound'))
    expect(await resolve({ runId: 'run_01jd0000000000000000000000' })).toEqual(refusal('NotFound'))
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Commands } from '../../../src/commands/kit/context.ts'
import { type DriveRun, driveRun } from '../../../src/commands/activity/driveRun.ts'
import { runCommands } from '../../../src/commands/run/runCommands.ts'
import { startRun } from '../../../src/commands/run/startRun.ts'
import type { Run } from '../../../src/lifecycle/run/run.ts'
import { agentOf, toCommands } from '../../support/callers.ts'
import { openTestCommands, type TestCommands } from '../../support/commands.ts'
import { countStatements } from '../../support/countStatements.ts'
import { passTime } from '../../support/passTime.ts'
import { atOnce, countEvents, readProven } from '../../support/race.ts'
import { accepted, begin, refused, runIn, toStart } from '../../support/runs.ts'
import { ROUNDS, TEST_WORKFLOWS } from '../../support/workflows.ts'

const { advancePhase, cancelRun, pauseRun } = runCommands

let here: TestCommands
let other: Commands
beforeAll(async () => {
  here = await openTestCommands({ workflows: TEST_WORKFLOWS })
  other = toCommands(here.store)
})
afterAll(() => here.close())

/** A run of three phases, owned under fence 1 for ten minutes. */
const owned = () => runIn(here, 'RUNNING', { workflow: ROUNDS.name, leaseSeconds: 600 })

const drive = (
  { id: runId }: Run,
  steps: DriveRun['steps'],
  more: Partial<DriveRun> = {},
  commands = here.commands,
) => driveRun(commands, here.callers.worker, { runId, fence: 1, steps, isAtomic: true, ...more })

async function taken(answer: ReturnType<typeof drive>) {
  const result = await answer
  if (!result.ok) throw new Error(result.problem.message)
  return result
}

const WHOLE = [
  { startPhase: { phase: 'draft' } },
  { advancePhase: { to: 'check' } },
  { completeRound: {} },
  { advancePhase: { to: 'done' } },
  { completeRun: { output: 'all' } },
]

describe('several commands in one request', () => {
  test('are decided one after the other and written once (G1, G6)', async () => {
    const run = await owned()
    const applies = countStatements(here.store.pool, 'apply-decision-unless-locked')
    const { steps, run: after } = await taken(drive(run, WHOLE))
    expect(applies.sent).toBe(1)
    expect(steps.map(({ command, changed, replayed }) => [command, changed, replayed])).toEqual([
      ['startPhase', true, false],
      ['advancePhase', true, false],
      ['completeRound', true, false],
      ['advancePhase', true, false],
      ['completeRun', true, false],
    ])
    expect(after.run).toMatchObject({ status: 'COMPLETED', output: 'all', currentPhase: 'done' })
    const { events } = await readProven(here, run.id)
    expect(events.at(-1)?.seq).toBe(after.run.revision)
    expect(new Set(events.slice(-6).map(({ at }) => at)).size).toBe(1)
  })

  test('are all refused by the first that is, and the run is as before', async () => {
    const run = await owned()
    const problem = refused(
      await drive(run, [...WHOLE.slice(0, 2), { advancePhase: { to: 'draft' } }, { completeRun: {} }]),
    )
    expect(problem).toMatchObject({
      type: 'StepRefused',
      step: 3,
      command: 'completeRun',
      taken: [],
      refusal: { type: 'NotCompletable' },
      run: { run: { revision: run.revision } },
    })
    expect(problem.message).toMatch(/^Step 4 of 4, completeRun, was refused, and none was taken: \S/)
    expect((await readProven(here, run.id)).run).toMatchObject({
      revision: run.revision,
      currentPhase: 'draft',
    })
  })

  test('are taken up to the first refusal, where the caller says so', async () => {
    const run = await owned()
    const steps = [...WHOLE.slice(0, 2), { advancePhase: { to: 'nowhere' } }, { completeRound: {} }]
    const problem = refused(await drive(run, steps, { isAtomic: false }))
    expect(problem).toMatchObject({
      type: 'StepRefused',
      step: 2,
      taken: [{ command: 'startPhase' }, { command: 'advancePhase' }],
      refusal: { type: 'UnknownPhase' },
    })
    const { run: after } = await readProven(here, run.id)
    expect(after).toMatchObject({ currentPhase: 'check', completedRound: 0 })
    expect(problem.run?.run.revision).toBe(after.revision)
  })

  test('end with the one that settles the run: what would follow is refused', async () => {
    const run = await owned()
    const problem = refused(await drive(run, [...WHOLE, { startPhase: { phase: 'done' } }]))
    expect(problem).toMatchObject({ type: 'StepRefused', step: 5, refusal: { type: 'LeaseLost' } })
    expect((await readProven(here, run.id)).run.status).toBe('RUNNING')
  })

  test('are for the revision that the first one names', async () => {
    const run = await owned()
    const late = refused(await drive(run, WHOLE, { ifRevision: run.revision - 1 }))
    expect(late).toMatchObject({ type: 'RevisionConflict', actual: run.revision })
    await taken(drive(run, WHOLE, { ifRevision: run.revision }))
  })

  test('write what was due, though they are refused (G5)', async () => {
    const run = await owned()
    await passTime(here.store, run.id, 700)
    const steps = [{ startPhase: { phase: 'draft' } }, { advancePhase: { to: 'check' } }]
    const problem = refused(await drive(run, steps))
    expect(problem).toMatchObject({
      type: 'LeaseLost',
      run: { run: { status: 'FAILED', reason: 'OWNER_LOST' } },
    })
    expect((await readProven(here, run.id)).run.status).toBe('FAILED')
  })

  test('tell the parent that its child has ended, and cancel the children of a run that fails', async () => {
    const parent = await owned()
    const child = await runIn(here, 'RUNNING', {
      workflow: ROUNDS.name,
      parentRunId: parent.id,
      leaseSeconds: 600,
    })
    await taken(drive(child, WHOLE))
    const { events } = await readProven(here, parent.id)
    expect(countEvents(events, 'child.settled')).toBe(1)
    const waiting = await begin(here, { parentRunId: parent.id })
    await taken(drive(parent, [{ startPhase: { phase: 'draft' } }, { failRun: { error: 'broken' } }]))
    expect((await readProven(here, waiting.id)).run.status).toBe('CANCELLED')
  })

  test('of an agent whose claim they end reveal nothing of the run afterwards', async () => {
    const { run } = accepted(
      await startRun(
        here.commands,
        here.callers.worker,
        toStart({ workflow: ROUNDS.name, claim: { owner: 'w', leaseSeconds: 600 } }),
      ),
    ).run
    const agent = agentOf(run.id, 1)
    const input = { runId: run.id, steps: WHOLE, isAtomic: true, idempotencyKey: 'as agent' }
    expect(await driveRun(here.commands, agent, input)).toMatchObject({
      ok: true,
      run: { run: { status: 'COMPLETED' } },
    })
    const late = await driveRun(here.commands, agent, { ...input, idempotencyKey: 'late' })
    expect(refused(late)).toMatchObject({ type: 'LeaseLost', run: null })
  })

  test('are refused as a whole where the caller may not, or there is no run', async () => {
    const run = await owned()
    const { operator } = here.callers
    const input = { runId: run.id, steps: WHOLE, isAtomic: true }
    expect(refused(await driveRun(here.commands, operator, input))).toMatchObject({ type: 'Forbidden' })
    const nowhere = { ...input, runId: 'run_00000000000000000000000000' }
    expect(refused(await driveRun(here.commands, here.callers.worker, nowhere))).toMatchObject({
      type: 'NotFound',
      kind: 'RUN',
    })
  })
})

/** A run at a phase with a file, whose agent of the role `author` is ready. */
async function withAgent() {
  const run = await owned()
  const { steps } = await taken(
    drive(run, [{ startPhase: { phase: 'draft' } }, { openSession: { role: 'author', adapter: 'process' } }]),
  )
  const { id: sessionId } = steps[1]?.session ?? {}
  if (sessionId === undefined) throw new Error('no session was opened')
  const ready = (['BOOTSTRAPPING', 'READY'] as const).map((status) => ({
    updateSession: { sessionId, status },
  }))
  await taken(drive(run, ready))
  return { run, sessionId }
}

describe('the work of an agent in one request', () => {
  const prompt = { phase: 'draft', dedupKey: 'first', isRepair: false }

  test('is recorded with the rows that each step was about (G1, G6)', async () => {
    const { run, sessionId } = await withAgent()
    const begun = await taken(
      drive(run, [
        { recordPrompt: { sessionId, ...prompt, stage: 'SENDING' } },
        { startExecution: { command: 'agent', pid: 7, phase: 'draft' } },
        { openSession: { role: 'author', adapter: 'process', handle: { leader: 7 } } },
        { recordPrompt: { sessionId, ...prompt, stage: 'SENT' } },
      ]),
    )
    const execution = begun.steps[1]?.execution
    expect(execution).toMatchObject({ runId: run.id, command: 'agent', pid: 7, fence: 1 })
    expect(begun.steps.map(({ session }) => session?.id)).toEqual([
      sessionId,
      undefined,
      sessionId,
      sessionId,
    ])
    const ended = await taken(
      drive(run, [
        { finishExecution: { executionId: execution?.id ?? '', exitCode: 0 } },
        { updateSession: { sessionId, status: 'READY' } },
        { submitArtifact: { phase: 'draft', path: 'draft.md', content: 'done' } },
        { advancePhase: { to: 'check' } },
      ]),
    )
    expect(ended.steps[0]?.execution).toMatchObject({ id: execution?.id, exitCode: 0, end: 'EXITED' })
    expect(ended.steps[2]?.artifact).toMatchObject({ path: 'draft.md', size: 4 })
    const { run: after, events } = await readProven(here, run.id)
    expect(after).toMatchObject({ currentPhase: 'check' })
    expect(countEvents(events, 'execution.finished')).toBe(1)
  })

  test('is taken once, whatever it made, under the same key (G7)', async () => {
    const { run } = await withAgent()
    const steps = [
      { startExecution: { command: 'agent', pid: 7 } },
      { submitArtifact: { phase: 'draft', path: 'draft.md', content: 'done' } },
    ]
    const first = await taken(drive(run, steps, { idempotencyKey: 'work' }))
    const again = await taken(drive(run, steps, { idempotencyKey: 'work' }, other))
    expect(again.replayed).toBe(true)
    expect(again.steps.map(({ execution, artifact }) => [execution?.id, artifact?.id])).toEqual(
      first.steps.map(({ execution, artifact }) => [execution?.id, artifact?.id]),
    )
    const otherFile = [steps[0], { submitArtifact: { phase: 'draft', path: 'draft.md', content: 'other' } }]
    const mismatch = refused(await drive(run, otherFile as DriveRun['steps'], { idempotencyKey: 'work' }))
    expect(mismatch).toMatchObject({
      type: 'IdempotencyMismatch',
      differingPaths: ['step.submitArtifact.content'],
    })
  })

  test('refuses the second end of a process as its own command would', async () => {
    const { run, sessionId } = await withAgent()
    const begun = await taken(drive(run, [{ startExecution: { command: 'agent' } }]))
    const executionId = begun.steps[0]?.execution?.id ?? ''
    const finish = { finishExecution: { executionId, exitCode: 0 } }
    await taken(drive(run, [finish]))
    const update = { updateSession: { sessionId, status: 'BUSY' as const } }
    for (const steps of [
      [finish, update],
      [{ startExecution: { command: 'next' } }, finish],
    ]) {
      const problem = refused(await drive(run, steps))
      expect(problem).toMatchObject({ type: 'StepRefused', refusal: { type: 'ExecutionAlreadyFinished' } })
    }
  })

  test('can end no process of another claim', async () => {
    const { run } = await withAgent()
    const begun = await taken(drive(run, [{ startExecution: { command: 'agent' } }]))
    const executionId = begun.steps[0]?.execution?.id ?? ''
    const finish = [{ finishExecution: { executionId } }, { startExecution: { command: 'next' } }]
    expect(refused(await drive(run, finish, { fence: 2 })).type).toBe('Forbidden')
  })

  test('names the step with a file that is too large', async () => {
    const { run } = await withAgent()
    const content = 'x'.repeat(here.commands.settings.maxArtifactBytes + 1)
    const steps = [
      { startExecution: { command: 'agent' } },
      { submitArtifact: { phase: 'draft', path: 'draft.md', content } },
    ]
    expect(refused(await drive(run, steps, { isAtomic: false }))).toMatchObject({
      type: 'InvalidInput',
      issues: [{ path: ['steps', '1', 'submitArtifact', 'content'] }],
    })
    expect((await readProven(here, run.id)).run.executions).toEqual([])
  })
})

describe('the same steps under the same key', () => {
  test('are taken once, and answered as before (G7)', async () => {
    const run = await owned()
    const more = { idempotencyKey: 'whole' }
    await taken(drive(run, WHOLE, more))
    const revision = (await readProven(here, run.id)).run.revision
    for (const commands of [here.commands, other]) {
      const { steps } = await taken(drive(run, WHOLE, more, commands))
      expect(steps.map(({ changed, replayed }) => changed && replayed)).toEqual(WHOLE.map(() => true))
    }
    expect((await readProven(here, run.id)).run.revision).toBe(revision)
  })

  test('are taken once by whoever asks at once, on two servers (G1, G7)', async () => {
    const run = await owned()
    const answers = await atOnce(12, [here.commands, other], (commands) =>
      drive(run, WHOLE.slice(0, 3), { idempotencyKey: 'crowd' }, commands),
    )
    expect(answers.filter(({ ok }) => ok)).toHaveLength(12)
    const fresh = answers.filter((answer) => answer.ok && answer.steps.some(({ replayed }) => !replayed))
    expect(fresh).toHaveLength(1)
    const { events } = await readProven(here, run.id)
    expect(
      ['phase.started', 'phase.completed', 'round.completed'].map((type) =>
        countEvents(events, type as never),
      ),
    ).toEqual([2, 2, 1])
  })

  test('are known, too, where they changed nothing the first time', async () => {
    const run = await owned()
    await taken(drive(run, WHOLE.slice(0, 3)))
    const steps = [{ completeRound: {} }, { advancePhase: { to: 'wrap' } }]
    const first = await taken(drive(run, steps, { idempotencyKey: 'again' }))
    expect(first.steps.map(({ changed }) => changed)).toEqual([false, true])
    await taken(drive(run, [{ advancePhase: { to: 'done' } }, { completeRun: {} }]))
    const again = await taken(drive(run, steps, { idempotencyKey: 'again' }))
    expect(again.steps.map(({ changed, replayed }) => [changed, replayed])).toEqual([
      [false, true],
      [true, true],
    ])
  })

  test('are refused where they are not the same', async () => {
    const run = await owned()
    const more = { idempotencyKey: 'mine' }
    await taken(drive(run, WHOLE.slice(0, 2), more))
    const others = [WHOLE.slice(0, 3), [WHOLE[0], { advancePhase: { to: 'draft' } }], WHOLE.slice(0, 1)]
    for (const steps of others) {
      const problem = refused(await drive(run, steps as DriveRun['steps'], more))
      expect(problem.type).toBe('IdempotencyMismatch')
    }
    const partly = refused(await drive(run, WHOLE.slice(0, 2), { ...more, isAtomic: false }))
    expect(partly).toMatchObject({ differingPaths: ['isAtomic'] })
    expect((await readProven(here, run.id)).run.currentPhase).toBe('check')
  })

  test('continue where they had been refused, if those before were to be taken', async () => {
    const run = await owned()
    const steps = [{ startPhase: { phase: 'draft' } }, { advancePhase: { to: 'done' } }, { completeRun: {} }]
    const more = { idempotencyKey: 'as far as possible', isAtomic: false }
    expect(refused(await drive(run, steps, more))).toMatchObject({
      step: 1,
      refusal: { type: 'IllegalTransition' },
    })
    const { worker } = here.callers
    accepted(await advancePhase(here.commands, worker, { runId: run.id, fence: 1, to: 'check' }))
    await taken(drive(run, [{ completeRound: {} }]))
    const { steps: now } = await taken(drive(run, steps, more))
    expect(now.map(({ replayed }) => replayed)).toEqual([true, false, false])
    expect((await readProven(here, run.id)).run.status).toBe('COMPLETED')
  })
})

describe('steps beside commands of others', () => {
  test('are all before a pause or a cancel, or none of them is taken (G1)', async () => {
    for (let time = 0; time < 20; time++) {
      const run = await owned()
      const [answer] = await Promise.all([
        drive(run, WHOLE),
        (time % 2 === 0 ? pauseRun : cancelRun)(other, here.callers.operator, { runId: run.id }),
      ])
      const { run: after, events } = await readProven(here, run.id)
      const started = countEvents(events, 'phase.started')
      if (answer.ok) expect(after.status).toBe('COMPLETED')
      else expect([started, after.status === 'COMPLETED']).toEqual([0, false])
    }
  })
})

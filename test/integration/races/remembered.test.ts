import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { sendMessage } from '../../../src/commands/activity/messages.ts'
import type { Commands } from '../../../src/commands/kit/context.ts'
import { claimRun } from '../../../src/commands/run/claimRun.ts'
import { runCommands } from '../../../src/commands/run/runCommands.ts'
import { startRun } from '../../../src/commands/run/startRun.ts'
import type { Run } from '../../../src/lifecycle/run/run.ts'
import { openStore } from '../../../src/store/sql/openStore.ts'
import { toCommands } from '../../support/callers.ts'
import { openTestCommands, type TestCommands } from '../../support/commands.ts'
import { countStatements } from '../../support/countStatements.ts'
import { openDatabaseProxy } from '../../support/databaseProxy.ts'
import {
  atOnce,
  type Watch,
  countEvents,
  holdRow,
  keepWatch,
  readProven,
  untilBlocked,
  untilPassed,
} from '../../support/race.ts'
import { accepted, begin, refused, toStart } from '../../support/runs.ts'
import { ROUNDS, TEST_WORKFLOWS } from '../../support/workflows.ts'

const { advancePhase, cancelRun, completeRound, completeRun, pauseRun, startPhase } = runCommands

let here: TestCommands
let other: Commands
let watch: Watch
beforeAll(async () => {
  here = await openTestCommands({ workflows: TEST_WORKFLOWS })
  other = here.openServer()
  // without a heartbeat, what is loaded is loaded again
  watch = await keepWatch(here.store.pool)
})
afterAll(async () => {
  await watch.end()
  await here.close()
})

/** Starts a run and claims it in the same step: the server remembers it. */
async function beginClaimed(
  server: Commands,
  { leaseSeconds = 60, workflow = 'solo' }: { leaseSeconds?: number; workflow?: string } = {},
): Promise<Run> {
  const claim = { owner: 'first', leaseSeconds }
  return accepted(await startRun(server, here.callers.admin, toStart({ claim, workflow }))).run.run
}

const start = (server: Commands, { id: runId, currentPhase: phase }: Run) =>
  startPhase(server, here.callers.worker, { runId, phase, fence: 1 })

const send = (server: Commands, { id: runId }: Run, idempotencyKey?: string) =>
  sendMessage(server, here.callers.operator, { runId, text: 'hello', idempotencyKey })

describe('a run that a server wrote last', () => {
  test('is decided on without a load, until it is settled', async () => {
    const loads = countStatements(here.store.pool, 'load-for-decision')
    const run = await beginClaimed(here.commands, { workflow: ROUNDS.name })
    const { worker } = here.callers
    const driven = { runId: run.id, fence: 1 }
    accepted(await start(here.commands, run))
    accepted(await advancePhase(here.commands, worker, { ...driven, to: 'check' }))
    accepted(await completeRound(here.commands, worker, driven))
    accepted(await advancePhase(here.commands, worker, { ...driven, to: 'done' }))
    accepted(await send(here.commands, run))
    accepted(await completeRun(here.commands, worker, driven))
    expect(loads.sent).toBe(0)
    expect(refused(await start(here.commands, run)).type).toBe('LeaseLost')
    expect(loads.sent).toBe(1)
    expect((await readProven(here, run.id)).run.status).toBe('COMPLETED')
  })

  test('is loaded before a command about it is refused, as another server may have changed it', async () => {
    const run = await begin(here)
    accepted(await claimRun(other, here.callers.worker, { runId: run.id, owner: 'first', leaseSeconds: 60 }))
    // as remembered it is QUEUED, with no fence
    expect(accepted(await start(here.commands, run)).run.run.currentPhase).toBe('work')
  })

  test('is not changed by what would only be accepted of its past', async () => {
    const run = await beginClaimed(here.commands)
    accepted(await cancelRun(other, here.callers.operator, { runId: run.id }))
    const applies = countStatements(here.store.pool, 'apply-decision-unless-locked')
    expect(refused(await start(here.commands, run)).type).toBe('RunNotActive')
    expect(applies.sent).toBe(1)
    const { events } = await readProven(here, run.id)
    expect(countEvents(events, 'phase.started')).toBe(0)
  })

  test('is changed by two servers at once as if there were one', async () => {
    const run = await begin(here)
    const answers = await atOnce(40, [here.commands, other], (server) => send(server, run))
    expect(answers.filter(({ ok }) => ok)).toHaveLength(40)
    const { run: after, events } = await readProven(here, run.id)
    expect(after.messages).toHaveLength(40)
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
  })

  test('is loaded for a request that was made before: it gets the first answer (G7)', async () => {
    const run = await begin(here)
    const first = await send(here.commands, run, `key of ${run.id}`)
    const again = await send(here.commands, run, `key of ${run.id}`)
    expect([first, again].map((answer) => answer.ok && answer.replayed)).toEqual([false, true])
    const fromOther = await send(other, run, `key of ${run.id}`)
    expect(fromOther.ok && fromOther.replayed).toBe(true)
    expect(countEvents((await readProven(here, run.id)).events, 'message.sent')).toBe(1)
  })

  test('is loaded once its lease has expired, even while the server was asleep (G5)', async () => {
    const run = await beginClaimed(here.commands, { leaseSeconds: 2 })
    // the monotonic clock stands still while a machine sleeps
    const asleep = vi.spyOn(performance, 'now').mockReturnValue(performance.now())
    onTestFinished(() => asleep.mockRestore())
    await untilPassed(here.store.pool, run.claim?.expiresAt ?? 0)
    const answer = await pauseRun(here.commands, here.callers.operator, { runId: run.id })
    expect(refused(answer)).toMatchObject({ type: 'NotPausable', run: { run: { reason: 'OWNER_LOST' } } })
  })

  test('is not driven by a decision that was written after the lease had expired (G4)', async () => {
    const run = await beginClaimed(here.commands, { leaseSeconds: 2 })
    const loads = countStatements(here.store.pool, 'load-for-decision')
    const row = await holdRow(here.store.pool, run.id)
    const late = start(here.commands, run)
    await untilBlocked(here.store.pool, 1)
    expect(loads.sent).toBe(0)
    await untilPassed(here.store.pool, run.claim?.expiresAt ?? 0)
    await row.letGo()
    expect(refused(await late).type).toBe('LeaseLost')
    expect(countEvents((await readProven(here, run.id)).events, 'phase.started')).toBe(0)
  })

  test('is loaded if it is large, or if it depends on its parent', async () => {
    const large = await begin(here, { input: 'x'.repeat(300_000) })
    const parent = await beginClaimed(here.commands)
    const child = await begin(here, { parentRunId: parent.id })
    const loads = countStatements(here.store.pool, 'load-for-decision')
    accepted(await send(here.commands, large))
    accepted(await send(here.commands, child))
    expect(loads.sent).toBe(2)
  })
})

test('after a lost connection nothing is decided on what was remembered, and what was committed is found', async () => {
  const proxy = await openDatabaseProxy(here.poolConfig)
  const store = openStore({ ...proxy.poolConfig, max: 2 })
  onTestFinished(async () => {
    await store.close().catch(() => undefined)
    await proxy.close()
  })
  const server = toCommands(store)
  const [hit, bystander] = [await beginClaimed(server), await beginClaimed(server)]
  const row = await holdRow(here.store.pool, hit.id)
  const lost = send(server, hit, `key of ${hit.id}`)
  await untilBlocked(here.store.pool, 1)
  proxy.cut()
  await expect(lost).rejects.toThrow()
  await row.letGo()
  proxy.restore()
  const loads = countStatements(store.pool, 'load-for-decision')
  accepted(await start(server, bystander))
  expect(loads.sent).toBe(1)
  // the statement that waited for the row is committed, although nobody was told
  const again = await send(server, hit, `key of ${hit.id}`)
  expect(again.ok && again.replayed).toBe(true)
  expect(loads.sent).toBe(2)
  expect(countEvents((await readProven(here, hit.id)).events, 'message.sent')).toBe(1)
})

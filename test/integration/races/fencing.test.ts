import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { claimRun } from '../../../src/commands/run/claimRun.ts'
import { startExecution } from '../../../src/commands/activity/executions.ts'
import { runCommands } from '../../../src/commands/run/runCommands.ts'
import { agentOf } from '../../support/callers.ts'
import { openTestCommands, type TestCommands } from '../../support/commands.ts'
import { passTime } from '../../support/passTime.ts'
import { keepWatch, readProven, untilPassed, type Watch } from '../../support/race.ts'
import { accepted, begin, refused, runIn } from '../../support/runs.ts'
import { TEST_WORKFLOWS } from '../../support/workflows.ts'
import { programFile } from '../../support/programs.ts'
import { startChild } from '../../support/startChild.ts'

const { cancelRun, completeRun, pauseRun, releaseRun, resumeRun, startPhase } = runCommands

let here: TestCommands
let watch: Watch
const owners: ChildProcess[] = []
beforeAll(async () => {
  here = await openTestCommands({ workflows: TEST_WORKFLOWS })
  watch = await keepWatch(here.store.pool)
})
afterEach(async () => {
  for (const owner of owners.splice(0)) {
    owner.kill('SIGKILL')
    if (owner.exitCode === null && owner.signalCode === null) await once(owner, 'exit')
  }
})
afterAll(async () => {
  await watch.end()
  await here.close()
})

interface Owner {
  readonly fence: number
  freeze(): void
  thaw(): void
  /** Makes every write an owner can make; the type of the problem of each, or `accepted`. */
  writeAll(): Promise<Record<string, string>>
}

/** Starts an owner as a process of its own, holding the run. */
async function startOwner(runId: string, leaseSeconds: number): Promise<Owner> {
  const plan = JSON.stringify({ poolConfig: here.poolConfig, runId, leaseSeconds })
  const child = startChild(process.execPath, [programFile('frozenOwner'), plan], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  owners.push(child)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const read = async <T>(): Promise<T> => {
    const line = await lines.next()
    if (line.done) throw new Error('the owner ended')
    return JSON.parse(line.value) as T
  }
  const { fence } = await read<{ fence: number }>()
  return {
    fence,
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
    async writeAll() {
      child.stdin.write('now\n')
      return (await read<{ answers: Record<string, string> }>()).answers
    },
  }
}

const EVERY_WRITE = [
  'renewLease',
  'startPhase',
  'repairPhase',
  'failPhase',
  'advancePhase',
  'completeRound',
  'startExecution',
  'completeRun',
  'failRun',
  'confirmCancel',
  'releaseRun',
]
const allLost = Object.fromEntries(EVERY_WRITE.map((name) => [name, 'LeaseLost']))

describe('an owner frozen beyond its lease', () => {
  test.for(['solo', 'relay'])(
    'of the workflow %s finds its fence lost for ever once another drives the run (G4)',
    async (workflow) => {
      const { commands, callers } = here
      const { id: runId } = await begin(here, { workflow })
      const owner = await startOwner(runId, 2)
      owner.freeze()
      const { run: held } = await readProven(here, runId)
      expect(refused(await resumeRun(commands, callers.operator, { runId }))).toMatchObject({
        because: 'OWNED',
      })
      await untilPassed(here.store.pool, held.claim?.expiresAt ?? 0)
      const claim = { owner: 'second', leaseSeconds: 300 }
      const resumed = accepted(await resumeRun(commands, callers.worker, { runId, claim }))
      expect(resumed.run.run.claim).toMatchObject({ owner: 'second', fence: 2 })
      accepted(await startPhase(commands, callers.worker, { runId, phase: 'work', fence: 2 }))

      const before = await readProven(here, runId)
      owner.thaw()
      expect(await owner.writeAll()).toEqual(allLost)
      expect(await readProven(here, runId)).toEqual({ ...before, now: expect.any(Number) })

      accepted(await completeRun(commands, callers.worker, { runId, fence: 2, output: 'by the second' }))
      const settled = await readProven(here, runId)
      expect(await owner.writeAll()).toEqual(allLost)
      expect(await readProven(here, runId)).toEqual({ ...settled, now: expect.any(Number) })
      expect(settled.run).toMatchObject({ status: 'COMPLETED', output: 'by the second' })
    },
  )

  test('finds its fence lost also where nobody has noticed yet: its first late write is the lapse (G5)', async () => {
    const { id: runId } = await begin(here)
    const owner = await startOwner(runId, 2)
    owner.freeze()
    const { run: held } = await readProven(here, runId)
    await untilPassed(here.store.pool, held.claim?.expiresAt ?? 0)
    owner.thaw()
    expect(await owner.writeAll()).toEqual(allLost)
    const { run, events } = await readProven(here, runId)
    expect(run).toMatchObject({ status: 'FAILED', reason: 'OWNER_LOST', epoch: 1 })
    expect(events.at(-1)).toMatchObject({ type: 'run.failed', actor: 'system' })
  })

  test('while the run was paused, and handed to another after that, loses its fence too', async () => {
    const { commands, callers } = here
    const { id: runId } = await begin(here)
    const owner = await startOwner(runId, 60)
    owner.freeze()
    accepted(await pauseRun(commands, callers.operator, { runId }))
    await passTime(here.store, runId, 61)
    const claim = { owner: 'second', leaseSeconds: 300 }
    accepted(await resumeRun(commands, callers.worker, { runId, claim }))
    const before = await readProven(here, runId)
    owner.thaw()
    expect(await owner.writeAll()).toEqual(allLost)
    expect(await readProven(here, runId)).toEqual({ ...before, now: expect.any(Number) })
  })

  test('while the run was cancelled finds it CANCELLED, unconfirmed, and can change nothing (G9)', async () => {
    const { commands, callers } = here
    const { id: runId } = await begin(here)
    const owner = await startOwner(runId, 60)
    owner.freeze()
    accepted(await cancelRun(commands, callers.operator, { runId }))
    await passTime(here.store, runId, 61)
    owner.thaw()
    expect(await owner.writeAll()).toEqual(allLost)
    const { run } = await readProven(here, runId)
    expect(run).toMatchObject({ status: 'CANCELLED', cancelConfirmed: false, claim: null })
  })
})

test('an owner that was not frozen so long continues as if nothing had been', async () => {
  const { commands, callers } = here
  const { id: runId } = await begin(here)
  const owner = await startOwner(runId, 60)
  owner.freeze()
  await passTime(here.store, runId, 30)
  expect(
    refused(await claimRun(commands, callers.worker, { runId, owner: 'x', leaseSeconds: 30 })),
  ).toMatchObject({
    type: 'NotClaimable',
    holder: { owner: 'frozen' },
  })
  owner.thaw()
  const answers = await owner.writeAll()
  expect(answers).toMatchObject({
    renewLease: 'accepted',
    startPhase: 'accepted',
    completeRun: expect.any(String),
  })
})

test('an agent of a claim that is over can not drive under the fence of its successor', async () => {
  const { commands, callers } = here
  const { id: runId } = await runIn(here, 'RUNNING')
  const superseded = agentOf(runId, 1)
  accepted(await startPhase(commands, superseded, { runId, phase: 'work' }))
  accepted(await releaseRun(commands, callers.worker, { runId, fence: 1 }))
  accepted(await claimRun(commands, callers.worker, { runId, owner: 'second', leaseSeconds: 300 }))
  const before = await readProven(here, runId)
  for (const fence of [null, 1, 2])
    expect(refused(await completeRun(commands, superseded, { runId, fence })).type).toBe('LeaseLost')
  expect(refused(await startExecution(commands, superseded, { command: 'late', fence: 2 })).type).toBe(
    'LeaseLost',
  )
  expect(await readProven(here, runId)).toEqual({ ...before, now: expect.any(Number) })
  accepted(await completeRun(commands, agentOf(runId, 2), { runId }))
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { claimRun } from '../../../src/commands/run/claimRun.ts'
import { sweepRun } from '../../../src/commands/run/changeRun.ts'
import type { Commands } from '../../../src/commands/kit/context.ts'
import { renewLease } from '../../../src/commands/run/renewLease.ts'
import { runCommands } from '../../../src/commands/run/runCommands.ts'
import { sweepDue } from '../../../src/commands/sweep.ts'
import { openTestCommands, type TestCommands } from '../../support/commands.ts'
import { passTime } from '../../support/passTime.ts'
import {
  atOnce,
  countEvents,
  holdRow,
  readProven,
  repeat,
  untilBlocked,
  untilPassed,
} from '../../support/race.ts'
import { accepted, begin, refused, runIn } from '../../support/runs.ts'
import { TEST_WORKFLOWS } from '../../support/workflows.ts'

const { cancelRun, confirmCancel, releaseRun, resumeRun } = runCommands

let here: TestCommands
let servers: Commands[]
beforeAll(async () => {
  here = await openTestCommands({ workflows: TEST_WORKFLOWS })
  servers = [here.commands, here.openServer(), here.openServer()]
})
afterAll(() => here.close())

const claimBy = (server: Commands, owner: string, filter: { runId?: string; labels?: string[] }) =>
  claimRun(server, here.callers.worker, { owner, leaseSeconds: 30, ...filter })

describe('concurrent claims', () => {
  test('of one run: one owner, every other is told who (G4)', () =>
    repeat(30, async () => {
      const { id: runId } = await begin(here)
      const answers = await atOnce(8, servers, (server, place) =>
        claimBy(server, `owner ${place}`, { runId }),
      )
      const winner = answers.findIndex(({ ok }) => ok)
      expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
      for (const answer of answers.filter(({ ok }) => !ok))
        expect(refused(answer)).toMatchObject({
          type: 'NotClaimable',
          status: 'RUNNING',
          holder: { owner: `owner ${winner}` },
        })
      expect(countEvents((await readProven(here, runId)).events, 'run.claimed')).toBe(1)
    }))

  test('of whatever waits: every run finds one owner, no owner gets another one’s run', () =>
    repeat(8, async (time) => {
      const labels = [`batch ${time}`]
      const runs = await atOnce(12, servers, () => begin(here, { labels }))
      const answers = await atOnce(20, servers, (server, place) =>
        claimBy(server, `owner ${place}`, { labels }),
      )
      const claimed = answers.flatMap((answer) => (answer.ok ? [answer.run.run.id] : []))
      expect(claimed.toSorted()).toEqual(runs.map(({ id }) => id).toSorted())
      for (const answer of answers.filter(({ ok }) => !ok))
        expect(refused(answer).type).toBe('NothingToClaim')
    }))

  test('of a run that was handed on by a lapse: one takes it over, under the next fence', () =>
    repeat(25, async () => {
      const { id: runId } = await runIn(here, 'RUNNING', { workflow: 'relay' })
      await passTime(here.store, runId, 31)
      const answers = await atOnce(8, servers, (server, place) =>
        claimBy(server, `owner ${place}`, { runId }),
      )
      expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
      const { run, events } = await readProven(here, runId)
      expect(run).toMatchObject({ status: 'RUNNING', fence: 2, takeovers: 1, epoch: 1 })
      expect(countEvents(events, 'run.requeued')).toBe(1)
    }))
})

describe('a release against the lapse of the same claim', () => {
  test('of a paused run: the claim ends once', () =>
    repeat(30, async () => {
      const { id: runId } = await runIn(here, 'PAUSED')
      await passTime(here.store, runId, 29.995)
      const [released] = await Promise.all([
        releaseRun(here.commands, here.callers.worker, { runId, fence: 1 }),
        ...servers.map((server) => sweepRun(server, runId)),
      ])
      await passTime(here.store, runId, 1)
      await sweepRun(here.commands, runId)
      const { run, events } = await readProven(here, runId)
      expect(run).toMatchObject({ status: 'PAUSED', claim: null })
      expect(events.filter(({ type }) => type === 'run.released')).toMatchObject([
        { payload: { because: released.ok ? 'RELEASED' : 'LEASE_EXPIRED' } },
      ])
    }))

  test('of a running one: requeued by its owner, or lost, and never both', () =>
    repeat(30, async () => {
      const { id: runId } = await runIn(here, 'RUNNING')
      await passTime(here.store, runId, 29.995)
      const [released] = await Promise.all([
        releaseRun(here.commands, here.callers.worker, { runId, fence: 1 }),
        ...servers.map((server) => sweepRun(server, runId)),
      ])
      const { run, events } = await readProven(here, runId)
      if (!released.ok) expect(released.problem.type).toBe('LeaseLost')
      expect(run.status).toBe(released.ok ? 'QUEUED' : 'FAILED')
      expect(countEvents(events, 'run.failed') + countEvents(events, 'run.requeued')).toBe(1)
    }))
})

describe('a renewal', () => {
  test('that was acknowledged is never overrun by a lapse (G4)', () =>
    repeat(60, async (time) => {
      const { id: runId } = await runIn(here, 'RUNNING')
      // from well before the expiry to well after it
      await passTime(here.store, runId, 30 - 0.02 + (time % 20) * 0.0015)
      const [renewed] = await Promise.all([
        renewLease(servers[0] ?? here.commands, here.callers.worker, { runId, fence: 1, leaseSeconds: 60 }),
        ...[0, 1, 2, 0, 1, 2].map((place) => sweepRun(servers[place] ?? here.commands, runId)),
        resumeRun(servers[2] ?? here.commands, here.callers.operator, { runId }),
      ])
      const { run, events, now } = await readProven(here, runId)
      if (renewed.ok) {
        expect(run).toMatchObject({
          status: 'RUNNING',
          claim: { fence: 1, expiresAt: renewed.claim.expiresAt },
        })
        expect(renewed.claim.expiresAt).toBeGreaterThan(now)
        expect(countEvents(events, 'run.failed')).toBe(0)
      } else {
        expect(renewed.problem).toMatchObject({ type: 'LeaseLost', yourFence: 1 })
        expect(countEvents(events, 'run.failed')).toBe(1)
      }
    }))

  test('that commits while a lapse waits for the row undoes the lapse', () =>
    repeat(3, async () => {
      const { id: runId, claim } = await runIn(here, 'RUNNING')
      await passTime(here.store, runId, 29.9)
      const renewing = await holdRow(here.store.pool, runId)
      await renewing.query(
        `UPDATE run SET lease_expires_at = clock_timestamp() + interval '30 s' WHERE id = $1`,
        [runId],
      )
      await untilPassed(here.store.pool, (claim?.expiresAt ?? 0) - 29_900)
      // it reads the lease as it was before the renewal, expired, and must not act on it
      const sweeping = sweepRun(servers[1] ?? here.commands, runId)
      await untilBlocked(here.store.pool, 1)
      await renewing.letGo()
      expect(accepted(await sweeping).run.run.status).toBe('RUNNING')
      expect(countEvents((await readProven(here, runId)).events, 'run.failed')).toBe(0)
    }))

  test('is judged by the clock after its wait for the row, not by when it was asked for', () =>
    repeat(3, async () => {
      const { id: runId, claim } = await runIn(here, 'RUNNING')
      await passTime(here.store, runId, 29.8)
      const row = await holdRow(here.store.pool, runId)
      const renewing = renewLease(servers[1] ?? here.commands, here.callers.worker, { runId, fence: 1 })
      await untilBlocked(here.store.pool, 1)
      await untilPassed(here.store.pool, (claim?.expiresAt ?? 0) - 29_800)
      await row.letGo()
      expect(refused(await renewing).type).toBe('LeaseLost')
      const { run } = await readProven(here, runId)
      expect(run).toMatchObject({ status: 'FAILED', reason: 'OWNER_LOST' })
    }))

  test('against a release: acknowledged for the owner only while the claim is its own', () =>
    repeat(30, async () => {
      const { id: runId } = await runIn(here, 'RUNNING')
      const [renewed, released] = await Promise.all([
        renewLease(servers[0] ?? here.commands, here.callers.worker, { runId, fence: 1 }),
        releaseRun(servers[1] ?? here.commands, here.callers.worker, { runId, fence: 1 }),
        ...[0, 1, 2, 0].map((place) => claimBy(servers[place] ?? here.commands, 'second', { runId })),
      ])
      expect(released.ok).toBe(true)
      if (renewed.ok) expect(renewed.claim).toMatchObject({ owner: 'first', fence: 1 })
      await readProven(here, runId)
    }))
})

describe('after a time in which nobody kept watch', () => {
  /** Makes it so that all servers, and the owner, slept for so long. */
  async function sleepThrough(runId: string, seconds: number): Promise<void> {
    await passTime(here.store, runId, seconds)
    await here.store.pool.query(
      'UPDATE installation SET tick_at = clock_timestamp() - make_interval(secs => $1)',
      [seconds],
    )
  }

  test('a lease that expired in the meantime is moved before anyone is judged by it, once', () =>
    repeat(15, async () => {
      const { id: runId } = await runIn(here, 'RUNNING')
      await sleepThrough(runId, 3600)
      await Promise.all([
        ...servers.map((server) => sweepDue(server)),
        ...servers.map((server) => sweepRun(server, runId)),
        resumeRun(here.commands, here.callers.operator, { runId }),
      ])
      const { run, events, now } = await readProven(here, runId)
      expect(run.status).toBe('RUNNING')
      expect((run.claim?.expiresAt ?? 0) - now).toBeGreaterThan(25_000)
      expect(countEvents(events, 'run.failed')).toBe(0)
    }))

  test('an owner that is the first to speak may renew', async () => {
    const { id: runId } = await runIn(here, 'RUNNING')
    await sleepThrough(runId, 3600)
    const renewed = await renewLease(here.commands, here.callers.worker, { runId, fence: 1 })
    expect(renewed).toMatchObject({
      ok: true,
      claim: { owner: 'first', fence: 1 },
      directives: [{ kind: 'CONTINUE', message: null }],
    })
  })

  test('an owner that was told to stop may renew and confirm: lease and grace are both moved', async () => {
    const { id: runId } = await runIn(here, 'RUNNING')
    accepted(await cancelRun(here.commands, here.callers.operator, { runId }))
    await sleepThrough(runId, 3600)
    const renewed = await renewLease(here.commands, here.callers.worker, { runId, fence: 1 })
    expect(renewed).toMatchObject({ ok: true, directives: [{ kind: 'CANCEL', message: null }] })
    const { run, now } = await readProven(here, runId)
    expect((run.claim?.expiresAt ?? 0) - now).toBeGreaterThan(25_000)
    expect((run.grace?.endsAt ?? 0) - now).toBeGreaterThan(25_000)
    const confirmed = await confirmCancel(here.commands, here.callers.worker, { runId, fence: 1 })
    expect(accepted(confirmed).run.run).toMatchObject({ status: 'CANCELLED', cancelConfirmed: true })
  })

  test('a lease that had expired before is lost all the same', async () => {
    const { id: runId } = await runIn(here, 'RUNNING')
    await passTime(here.store, runId, 31)
    await here.store.pool.query(`UPDATE installation SET tick_at = clock_timestamp() - interval '10 ms'`)
    await here.store.pool.query(`UPDATE installation SET tick_at = clock_timestamp() - interval '1 s'`)
    expect(accepted(await sweepRun(here.commands, runId)).run.run).toMatchObject({ status: 'FAILED' })
  })
})

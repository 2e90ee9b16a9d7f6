import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Commands } from '../../../src/commands/kit/context.ts'
import { claimRun } from '../../../src/commands/run/claimRun.ts'
import { deleteRun } from '../../../src/commands/run/deleteRun.ts'
import { runCommands } from '../../../src/commands/run/runCommands.ts'
import { openTestCommands, type TestCommands } from '../../support/commands.ts'
import { passTime } from '../../support/passTime.ts'
import { atOnce, countEvents, readProven, repeat } from '../../support/race.ts'
import { accepted, begin, refused, runIn } from '../../support/runs.ts'
import { TEST_WORKFLOWS } from '../../support/workflows.ts'

const { resumeRun } = runCommands

let here: TestCommands
let servers: Commands[]
beforeAll(async () => {
  here = await openTestCommands({ workflows: TEST_WORKFLOWS })
  servers = [here.commands, here.openServer(), here.openServer()]
})
afterAll(() => here.close())

describe('concurrent resumes', () => {
  test('of a failed run: one wins, every other gets NotResumable with the truth (G1)', () =>
    repeat(25, async () => {
      const { id: runId } = await runIn(here, 'FAILED')
      const answers = await atOnce(8, servers, (server) =>
        resumeRun(server, here.callers.operator, { runId }),
      )
      const winners = answers.filter(({ ok }) => ok)
      expect(winners).toHaveLength(1)
      for (const answer of answers.filter(({ ok }) => !ok))
        expect(refused(answer)).toMatchObject({
          type: 'NotResumable',
          status: 'QUEUED',
          because: 'QUEUED',
          run: { run: { status: 'QUEUED', epoch: 2 } },
        })
      const { run, events } = await readProven(here, runId)
      expect(countEvents(events, 'run.resumed')).toBe(1)
      expect(run).toMatchObject({ status: 'QUEUED', epoch: 2, resumes: 1 })
    }))

  test('of a failed run, each with a claim: one owner, the others are told of it (G4)', () =>
    repeat(25, async () => {
      const { id: runId } = await runIn(here, 'FAILED')
      const answers = await atOnce(8, servers, (server, place) =>
        resumeRun(server, here.callers.worker, {
          runId,
          claim: { owner: `owner ${place}`, leaseSeconds: 30 },
        }),
      )
      const winner = answers.findIndex(({ ok }) => ok)
      for (const answer of answers.filter((_, place) => place !== winner))
        expect(refused(answer)).toMatchObject({
          type: 'NotResumable',
          because: 'OWNED',
          run: { run: { status: 'RUNNING', claim: { owner: `owner ${winner}`, fence: 2 } } },
        })
      const { events } = await readProven(here, runId)
      expect(countEvents(events, 'run.resumed')).toBe(1)
      expect(countEvents(events, 'run.claimed')).toBe(2)
    }))

  test('of a run whose owner is lost: the lapse is written once, and one wins (G5)', () =>
    repeat(25, async () => {
      const { id: runId } = await runIn(here, 'RUNNING')
      await passTime(here.store, runId, 31)
      const answers = await atOnce(8, servers, (server) =>
        resumeRun(server, here.callers.operator, { runId }),
      )
      expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
      const { run, events } = await readProven(here, runId)
      expect(events.map(({ type }) => type).slice(-2)).toEqual(['run.failed', 'run.resumed'])
      expect(countEvents(events, 'run.failed')).toBe(1)
      expect(run).toMatchObject({ status: 'QUEUED', epoch: 2 })
    }))

  test('of a paused run: one wins, every other is told that it is running', () =>
    repeat(25, async () => {
      const { id: runId } = await runIn(here, 'PAUSED')
      const answers = await atOnce(6, servers, (server) =>
        resumeRun(server, here.callers.operator, { runId }),
      )
      expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
      for (const answer of answers.filter(({ ok }) => !ok))
        expect(refused(answer)).toMatchObject({ type: 'NotResumable', status: 'RUNNING', because: 'OWNED' })
      expect(countEvents((await readProven(here, runId)).events, 'run.resumed')).toBe(1)
    }))

  test('of a run whose slot a new run wants: exactly one of the two has it', () =>
    repeat(25, async (time) => {
      const concurrencyKey = `worktree ${time}`
      const { id: runId } = await runIn(here, 'FAILED', { concurrencyKey })
      const [resumed, started] = await Promise.all([
        resumeRun(here.commands, here.callers.operator, { runId }),
        begin({ ...here, commands: servers[1] ?? here.commands }, { concurrencyKey }).then(
          (run) => ({ ok: true, run }) as const,
          (error: Error) => ({ ok: false, error }) as const,
        ),
      ])
      expect([resumed.ok, started.ok].filter(Boolean)).toHaveLength(1)
      if (!resumed.ok) {
        expect(resumed.problem.type).toBe('ConcurrencyConflict')
        expect((await readProven(here, runId)).run.status).toBe('FAILED')
      } else if (!started.ok) {
        expect(started.error.message).toContain(
          `ConcurrencyConflict: The concurrency key is held by ${runId}`,
        )
      }
    }))
})

describe('a deletion', () => {
  test('against a resume: the run is gone, or resumed, never both', () =>
    repeat(25, async () => {
      const { id: runId } = await runIn(here, 'FAILED')
      const [deleted, resumed] = await Promise.all([
        deleteRun(here.commands, here.callers.operator, { runId }),
        resumeRun(servers[1] ?? here.commands, here.callers.operator, { runId }),
      ])
      if (deleted.ok) {
        expect(refused(resumed).type).toBe('NotFound')
      } else {
        expect(deleted.problem).toMatchObject({ type: 'NotDeletable', status: 'QUEUED' })
        expect(accepted(resumed).run.run.status).toBe('QUEUED')
        await readProven(here, runId)
      }
    }))

  test('against a resume with a claim: nobody is left holding a run that is gone', () =>
    repeat(25, async () => {
      const { id: runId } = await runIn(here, 'FAILED')
      const claim = { owner: 'next', leaseSeconds: 30 }
      const [deleted, resumed, claimed] = await Promise.all([
        deleteRun(here.commands, here.callers.operator, { runId }),
        resumeRun(servers[1] ?? here.commands, here.callers.worker, { runId, claim }),
        claimRun(servers[2] ?? here.commands, here.callers.worker, { runId, ...claim }),
      ])
      expect(deleted.ok).not.toBe(resumed.ok)
      expect(claimed.ok).toBe(false)
      const { rows } = await here.store.pool.query('SELECT status FROM run WHERE id = $1', [runId])
      expect(rows).toEqual(deleted.ok ? [] : [{ status: 'RUNNING' }])
    }))

  test('at once from everywhere: one deletes, the others find nothing; a key makes all of them the same', () =>
    repeat(10, async () => {
      const { id: first } = await runIn(here, 'COMPLETED')
      const plain = await atOnce(6, servers, (server) =>
        deleteRun(server, here.callers.operator, { runId: first }),
      )
      expect(plain.filter(({ ok }) => ok)).toHaveLength(1)
      for (const answer of plain.filter(({ ok }) => !ok)) expect(refused(answer).type).toBe('NotFound')
      const { id: second } = await runIn(here, 'COMPLETED')
      const keyed = await atOnce(6, servers, (server) =>
        deleteRun(server, here.callers.operator, { runId: second, idempotencyKey: 'delete it' + second }),
      )
      expect(keyed.map(({ ok }) => ok)).toEqual(keyed.map(() => true))
      expect(keyed.filter((answer) => answer.ok && !answer.replayed)).toHaveLength(1)
    }))
})

import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { sendMessage } from '../../../src/commands/activity/messages.ts'
import { type Commands, ContendedError } from '../../../src/commands/kit/context.ts'
import { DECISION_FUNCTIONS } from '../../../src/commands/kit/decisionFunctions.ts'
import { openWriter } from '../../../src/commands/kit/openWriter.ts'
import { runCommands } from '../../../src/commands/run/runCommands.ts'
import { startRun } from '../../../src/commands/run/startRun.ts'
import type { Command } from '../../../src/lifecycle/run/commandInputs.ts'
import { decide } from '../../../src/lifecycle/decide.ts'
import type { Run } from '../../../src/lifecycle/run/run.ts'
import { applyDecisions, type Change } from '../../../src/store/run/applyDecision.ts'
import { loadForDecision } from '../../../src/store/run/loadForDecision.ts'
import { openStore } from '../../../src/store/sql/openStore.ts'
import { toCommands } from '../../support/callers.ts'
import { openTestCommands, type TestCommands } from '../../support/commands.ts'
import { countStatements } from '../../support/countStatements.ts'
import { openDatabaseProxy } from '../../support/databaseProxy.ts'
import {
  atOnce,
  countEvents,
  holdRow,
  keepWatch,
  readProven,
  repeat,
  untilBlocked,
  untilPassed,
} from '../../support/race.ts'
import { accepted, begin, refused, runIn, toStart } from '../../support/runs.ts'
import { TEST_WORKFLOWS } from '../../support/workflows.ts'

const { cancelRun, pauseRun, resumeRun, startPhase } = runCommands

let here: TestCommands
beforeAll(async () => {
  here = await openTestCommands({ workflows: TEST_WORKFLOWS })
  // refuses what is called poison, and lets messages wait for whoever holds the lock
  await here.store.pool.query(`
    CREATE FUNCTION refuse_poison() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'poison'; END $$;
    CREATE TRIGGER poison BEFORE UPDATE ON run FOR EACH ROW WHEN (NEW.title = 'poison') EXECUTE FUNCTION refuse_poison();
    CREATE FUNCTION wait_for_lock() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END $$;
    CREATE TRIGGER wait BEFORE INSERT ON message FOR EACH ROW WHEN (NEW.text = 'wait') EXECUTE FUNCTION wait_for_lock();`)
})
afterAll(() => here.close())

const queued = (many: number): Promise<Run[]> => atOnce(many, [here.commands], () => begin(here))

describe('commands about different runs at once', () => {
  test('share loads and commits', async () => {
    const runs = await queued(30)
    const loads = countStatements(here.store.pool, 'load-for-decision')
    const applies = countStatements(here.store.pool, 'apply-decisions')
    const answers = await Promise.all(
      runs.map(({ id: runId }) => pauseRun(here.commands, here.callers.operator, { runId })),
    )
    expect(answers.filter((answer) => accepted(answer).changed)).toHaveLength(30)
    expect(loads.sent).toBeLessThan(5)
    expect(applies.sent).toBeLessThan(5)
    for (const { id } of runs) expect((await readProven(here, id)).run.status).toBe('PAUSED')
  })

  test('each get an answer of their own', async () => {
    const [one, two, three] = (await queued(3)) as [Run, Run, Run]
    const settled = await runIn(here, 'COMPLETED')
    const { operator, viewer } = here.callers
    const absent = 'run_01jd0000000000000000000000'
    const answers = await Promise.all([
      pauseRun(here.commands, operator, { runId: one.id }),
      pauseRun(here.commands, viewer, { runId: two.id }),
      pauseRun(here.commands, operator, { runId: settled.id }),
      pauseRun(here.commands, operator, { runId: absent }),
      pauseRun(here.commands, operator, { runId: three.id, ifRevision: 7 }),
    ])
    expect(answers.map((answer) => (answer.ok ? answer.run.run.status : answer.problem.type))).toEqual([
      'PAUSED',
      'Forbidden',
      'NotPausable',
      'NotFound',
      'RevisionConflict',
    ])
  })

  test('are not hurt by one that the database refuses', async () => {
    const runs = await queued(20)
    const poison = await begin(here, { title: 'poison' })
    const ids = [...runs.slice(0, 7), poison, ...runs.slice(7)].map(({ id }) => id)
    const applies = countStatements(here.store.pool, 'apply-decisions')
    const answers = await Promise.allSettled(
      ids.map((runId) => pauseRun(here.commands, here.callers.operator, { runId })),
    )
    expect(applies.sent).toBeLessThan(15)
    for (const [index, answer] of answers.entries()) {
      const runId = ids[index] ?? ''
      const isPoison = runId === poison.id
      expect(answer.status).toBe(isPoison ? 'rejected' : 'fulfilled')
      expect((await readProven(here, runId)).run.status).toBe(isPoison ? 'QUEUED' : 'PAUSED')
    }
  })

  test('do not wait for a run whose row another transaction has', async () => {
    const [slow, ...others] = (await queued(10)) as [Run, ...Run[]]
    const row = await holdRow(here.store.pool, slow.id)
    const pause = ({ id: runId }: Run) => pauseRun(here.commands, here.callers.operator, { runId })
    const late = pause(slow)
    const answers = await Promise.all(others.map(pause))
    expect(answers.filter((answer) => accepted(answer).changed)).toHaveLength(9)
    await untilBlocked(here.store.pool, 1)
    await row.letGo()
    expect(accepted(await late).run.run.status).toBe('PAUSED')
  })

  test('of two servers in opposite orders never end in a deadlock', async () => {
    const servers = [here.commands, here.openServer()]
    const runs = await queued(20)
    const backwards = runs.toReversed()
    await repeat(6, async (time) => {
      const answers = await atOnce<{ ok: boolean }>(40, servers, (server, place) => {
        const runId = (place % 2 ? runs : backwards)[place >> 1]?.id ?? ''
        const { operator } = here.callers
        return time % 2 ? pauseRun(server, operator, { runId }) : resumeRun(server, operator, { runId })
      })
      expect(answers.filter(({ ok }) => ok)).toHaveLength(20)
    })
    const { rows } = await here.store.pool.query<{ deadlocks: string }>(
      'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
    )
    expect(rows).toEqual([{ deadlocks: '0' }])
  })
})

describe('starts at once', () => {
  test('with the same keys in different orders each have one winner, and the losers are told of it', () =>
    repeat(4, async (time) => {
      const servers = [here.commands, here.openServer()]
      const answers = await atOnce(40, servers, (server, place) => {
        const key = place % 2 ? place >> 1 : 19 - (place >> 1)
        const start = toStart({ concurrencyKey: `slot ${time} ${key}` })
        return startRun(server, here.callers.operator, start)
      })
      const winners = answers.filter(({ ok }) => ok).map((answer) => accepted(answer).run.run)
      expect(new Set(winners.map(({ concurrencyKey }) => concurrencyKey)).size).toBe(20)
      expect(winners).toHaveLength(20)
      for (const answer of answers.filter(({ ok }) => !ok))
        expect(refused(answer)).toMatchObject({
          type: 'ConcurrencyConflict',
          holder: { run: { status: 'QUEUED' } },
        })
    }))

  test('share a commit, and one that is refused costs the others nothing', async () => {
    const concurrencyKey = `taken ${randomUUID()}`
    const holder = await begin(here, { concurrencyKey })
    const applies = countStatements(here.store.pool, 'apply-decisions')
    const answers = await atOnce(20, [here.commands], (server, place) =>
      startRun(server, here.callers.operator, toStart(place === 5 ? { concurrencyKey } : {})),
    )
    expect(applies.sent).toBeLessThan(5)
    const [loser, ...more] = answers.filter(({ ok }) => !ok)
    expect(more).toEqual([])
    expect(loser && refused(loser)).toMatchObject({ holder: { run: { id: holder.id } } })
  })
})

describe('a decision', () => {
  test('is not written once the lease that it relied on has expired, however late the row was free (G4)', async () => {
    const watch = await keepWatch(here.store.pool)
    onTestFinished(() => watch.end())
    const { id: runId, claim, currentPhase: phase } = await runIn(here, 'RUNNING', { leaseSeconds: 2 })
    const row = await holdRow(here.store.pool, runId)
    const late = startPhase(here.commands, here.callers.worker, { runId, phase, fence: 1 })
    await untilBlocked(here.store.pool, 1)
    await untilPassed(here.store.pool, claim?.expiresAt ?? 0)
    await row.letGo()
    expect(refused(await late).type).toBe('LeaseLost')
    const { run, events } = await readProven(here, runId)
    expect(run).toMatchObject({ status: 'FAILED', reason: 'OWNER_LOST' })
    expect(countEvents(events, 'phase.started')).toBe(0)
  })

  test('is not written together with another one about the same run, made on the same revision', async () => {
    const { id: runId } = await begin(here)
    const { pool } = here.store
    const loaded = await loadForDecision(pool, here.store, {
      runId,
      namedId: null,
      operation: 'pauseRun',
      key: null,
      scope: null,
    })
    if (!loaded) throw new Error('the run is gone')
    const situation = { ...loaded, ...DECISION_FUNCTIONS, settings: here.commands.settings }
    const actor = { id: 'prn_olga', name: 'olga', role: 'OPERATOR' } as const
    const toChange = (command: Command): Change => {
      const { run: after, events } = decide(situation, command, actor)
      return { before: loaded.run, after, events, until: null, family: loaded.family, dueAt: null, key: null }
    }
    const outcomes = await applyDecisions(pool, [
      toChange({ type: 'pauseRun', comment: null }),
      toChange({ type: 'cancelRun', comment: null, isCascading: true }),
    ])
    expect(outcomes.toSorted()).toEqual(['LOST', 'WRITTEN'])
    const { run, events } = await readProven(here, runId)
    expect(events.at(-1)?.seq).toBe(run.revision)
    expect(countEvents(events, 'run.paused') + countEvents(events, 'run.cancelled')).toBe(1)
  })

  test('whose answer is lost is not made again: it is there once, and its key tells so (G7, G10)', async () => {
    const proxy = await openDatabaseProxy(here.poolConfig)
    const store = openStore({ ...proxy.poolConfig, max: 10 })
    onTestFinished(async () => {
      await store.close().catch(() => undefined)
      await proxy.close()
    })
    const server = toCommands(store)
    const runs = await queued(5)
    const send =
      (commands: Commands) =>
      ({ id: runId }: Run) =>
        sendMessage(commands, here.callers.operator, { runId, text: 'wait', idempotencyKey: `lost ${runId}` })
    const lock = await here.store.pool.connect()
    await lock.query('SELECT pg_advisory_lock(1)')
    const lost = Promise.allSettled(runs.map(send(server)))
    await untilBlocked(here.store.pool, 1)
    proxy.cut()
    expect((await lost).map(({ status }) => status)).toEqual(runs.map(() => 'rejected'))
    await lock.query('SELECT pg_advisory_unlock(1)')
    lock.release()
    // what was under way is committed, although nobody was told
    proxy.restore()
    const again = await Promise.all(runs.map(send(server)))
    expect(again.map((answer) => answer.ok && answer.replayed)).toEqual(runs.map(() => true))
    for (const { id } of runs)
      expect(countEvents((await readProven(here, id)).events, 'message.sent')).toBe(1)
  })
})

test('a command about a run for which too many wait is CONTENDED at once, and the others get through', async () => {
  const { id: runId } = await begin(here)
  const server = { ...here.commands, writer: openWriter(here.store, { maxPerSubject: 3 }) }
  const row = await holdRow(here.store.pool, runId)
  const cancel = () => cancelRun(server, here.callers.operator, { runId })
  const waiting = [cancel(), cancel(), cancel()]
  await untilBlocked(here.store.pool, 1)
  await expect(cancel()).rejects.toThrow(ContendedError)
  await row.letGo()
  const answers = await Promise.all(waiting)
  expect(answers.filter((answer) => accepted(answer).changed)).toHaveLength(1)
})

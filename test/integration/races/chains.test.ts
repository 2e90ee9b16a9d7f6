import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunResult } from '../../../src/commands/kit/answers.ts'
import type { Commands } from '../../../src/commands/kit/context.ts'
import { deleteRun } from '../../../src/commands/run/deleteRun.ts'
import { runCommands } from '../../../src/commands/run/runCommands.ts'
import { startRun } from '../../../src/commands/run/startRun.ts'
import { openTestCommands, type TestCommands } from '../../support/commands.ts'
import { atOnce, holdRow, readProven, repeat, untilBlocked } from '../../support/race.ts'
import { accepted, begin, refused, runIn, toStart } from '../../support/runs.ts'
import { TEST_WORKFLOWS } from '../../support/workflows.ts'

const { cancelRun, resumeRun } = runCommands

let here: TestCommands
let servers: Commands[]
beforeAll(async () => {
  here = await openTestCommands({ workflows: TEST_WORKFLOWS })
  servers = [here.commands, here.openServer(), here.openServer()]
})
afterAll(() => here.close())

const claim = { owner: 'second', leaseSeconds: 600 }
const continueOn = (
  continuesRunId: string,
  server = here.commands,
  keyed: string | null = null,
): Promise<RunResult> =>
  startRun(
    server,
    here.callers.admin,
    toStart({ continuesRunId, claim, idempotencyKey: keyed, request: { continuesRunId } }),
  )
const resume = (runId: string, server = here.commands): Promise<RunResult> =>
  resumeRun(server, here.callers.admin, { runId, claim })

/** Runs of a chain that somebody may work in: more than one of them is what chains are there against. */
async function atWork(chainId: string): Promise<string[]> {
  const { rows } = await here.store.pool.query<{ id: string }>(
    'SELECT id FROM run WHERE chain_id = $1 AND (settled_at IS NULL OR lease_owner IS NOT NULL)',
    [chainId],
  )
  return rows.map(({ id }) => id)
}

describe('one run of a chain at a time', () => {
  test('of starts at once that continue one run one is accepted, and the others are told which', () =>
    repeat(6, async () => {
      const { id } = await runIn(here, 'COMPLETED')
      const answers = await atOnce(8, servers, (server) => continueOn(id, server))
      const [won, ...more] = answers.filter(({ ok }) => ok)
      expect(more).toEqual([])
      const next = accepted(won as RunResult).run.run
      expect(next).toMatchObject({ continuesId: id, chainId: id })
      for (const answer of answers.filter((each) => each !== won))
        expect(refused(answer)).toMatchObject({ type: 'AlreadyContinued', by: { run: { id: next.id } } })
      expect(await atWork(id)).toEqual([next.id])
    }))

  test('the same start sent many times at once is one start (G7)', () =>
    repeat(4, async (time) => {
      const { id } = await runIn(here, 'COMPLETED')
      const answers = await atOnce(8, servers, (server) => continueOn(id, server, `continue ${time}`))
      expect(new Set(answers.map((answer) => accepted(answer).run.run.id)).size).toBe(1)
    }))

  test('of a start and resumes of the run that it continues one is accepted', () =>
    repeat(12, async () => {
      const { id } = await runIn(here, 'FAILED')
      const answers = await atOnce(6, servers, (server, place) =>
        place % 2 === 0 ? continueOn(id, server) : resume(id, server),
      )
      const [won, ...more] = answers.filter(({ ok }) => ok)
      expect(more).toEqual([])
      const { run } = accepted(won as RunResult).run
      expect(await atWork(id)).toEqual([run.id])
      const isContinued = run.id !== id
      for (const [place, answer] of answers.entries()) {
        if (answer === won) continue
        const isStart = place % 2 === 0
        const expected = isContinued
          ? isStart
            ? { type: 'AlreadyContinued', by: { run: { id: run.id } } }
            : { type: 'NotResumable', status: 'FAILED', because: 'CONTINUED', continuedBy: run.id }
          : isStart
            ? { type: 'InvalidInput' }
            : { type: 'NotResumable', because: 'OWNED' }
        expect(refused(answer)).toMatchObject(expected)
      }
      await readProven(here, id)
    }))

  test('a start and a resume that both waited for the row: one is accepted', async () => {
    const { id } = await runIn(here, 'FAILED')
    const row = await holdRow(here.store.pool, id)
    const [started, resumed] = [continueOn(id), resume(id, servers[1])]
    await untilBlocked(here.store.pool, 2)
    await row.letGo()
    const answers = await Promise.all([started, resumed])
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
    expect(await atWork(id)).toHaveLength(1)
  })

  test('of a start and the deletion of the run that it continues one is accepted', () =>
    repeat(12, async () => {
      const { id } = await runIn(here, 'COMPLETED')
      const [started, deleted] = await Promise.all([
        continueOn(id, servers[0]),
        deleteRun(servers[1] ?? here.commands, here.callers.admin, { runId: id }),
      ])
      expect([started.ok, deleted.ok].filter(Boolean)).toHaveLength(1)
      if (deleted.ok) return expect(refused(started)).toMatchObject({ type: 'NotFound', kind: 'RUN', id: id })
      const next = accepted(started).run.run.id
      expect(refused(deleted)).toMatchObject({ type: 'NotDeletable', status: 'COMPLETED', continuedBy: next })
    }))

  test('the middle of a chain stays while its end is there, and a chain is deleted from its end', async () => {
    const first = await runIn(here, 'COMPLETED')
    const second = await runIn(here, 'FAILED', { continuesRunId: first.id })
    const third = await begin(here, { continuesRunId: second.id })
    expect(third.chainId).toBe(first.id)
    accepted(await cancelRun(here.commands, here.callers.admin, { runId: third.id }))
    const drop = (runId: string) => deleteRun(here.commands, here.callers.admin, { runId })
    for (const { id } of [first, second])
      expect(refused(await drop(id))).toMatchObject({ type: 'NotDeletable', continuedBy: third.id })
    expect(refused(await continueOn(first.id))).toMatchObject({
      type: 'AlreadyContinued',
      by: { run: { id: third.id } },
    })
    expect(await drop(third.id)).toMatchObject({ ok: true })
    // what nothing continues any more may be taken up again
    expect(accepted(await resume(second.id)).run.run).toMatchObject({ status: 'RUNNING', chainId: first.id })
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Commands } from '../../../src/commands/kit/context.ts'
import { runCommands } from '../../../src/commands/run/runCommands.ts'
import { startRun } from '../../../src/commands/run/startRun.ts'
import { sweepDue } from '../../../src/commands/sweep.ts'
import type { Run } from '../../../src/lifecycle/run/run.ts'
import { isSettledStatus } from '../../../src/lifecycle/run/enums.ts'
import { openTestCommands, type TestCommands } from '../../support/commands.ts'
import { atOnce, countEvents, readProven, repeat } from '../../support/race.ts'
import { accepted, begin, runIn, toStart } from '../../support/runs.ts'
import { SOLO } from '../../support/workflows.ts'

const { cancelRun, completeRun, failRun, releaseRun, resumeRun, startPhase } = runCommands

let here: TestCommands
let servers: Commands[]
beforeAll(async () => {
  here = await openTestCommands({ workflows: [SOLO] })
  servers = [here.commands, here.openServer()]
})
afterAll(() => here.close())

/** A run that lacks nothing but its end. */
async function ready(overrides: Parameters<typeof runIn>[2] = {}): Promise<Run> {
  const { id: runId, currentPhase: phase } = await runIn(here, 'RUNNING', { leaseSeconds: 600, ...overrides })
  return accepted(await startPhase(here.commands, here.callers.worker, { runId, phase, fence: 1 })).run.run
}
const complete = (server: Commands, runId: string) =>
  completeRun(server, here.callers.worker, { runId, fence: 1 })
const startBelow = (server: Commands, parentRunId: string) =>
  startRun(server, here.callers.operator, toStart({ parentRunId }))
const present = async (runId: string) => (await readProven(here, runId)).run

/** Sends the first to one server and the second to another, now the one and now the other first. */
function together<A, B>(time: number, first: () => Promise<A>, second: () => Promise<B>): Promise<[A, B]> {
  if (time % 2 === 0) return Promise.all([first(), second()])
  const later = second()
  return Promise.all([first(), later])
}

describe('a parent that completes', () => {
  test('while a child starts below it is completed before, or not at all', () =>
    repeat(40, async (time) => {
      const { id: parent } = await ready()
      const [completed, started] = await together(
        time,
        () => complete(here.commands, parent),
        () => startBelow(servers[1] ?? here.commands, parent),
      )
      expect([completed.ok, started.ok].filter(Boolean)).toHaveLength(1)
      const { status } = await present(parent)
      if (started.ok) {
        expect(completed).toMatchObject({ problem: { type: 'NotCompletable', missing: [{ kind: 'CHILD' }] } })
        expect(status).toBe('RUNNING')
      } else {
        expect(started.problem).toMatchObject({ type: 'RunNotActive', status: 'COMPLETED' })
        expect(status).toBe('COMPLETED')
      }
    }))

  test('while a failed child of it is resumed is completed before, or not at all', () =>
    repeat(40, async (time) => {
      const { id: parent } = await ready()
      const { id: child } = await runIn(here, 'FAILED', { parentRunId: parent })
      const [completed, resumed] = await together(
        time,
        () => complete(here.commands, parent),
        () => resumeRun(servers[1] ?? here.commands, here.callers.operator, { runId: child }),
      )
      expect([completed.ok, resumed.ok].filter(Boolean)).toHaveLength(1)
      if (!resumed.ok) expect(resumed.problem).toMatchObject({ type: 'NotResumable', because: 'PARENT' })
      expect((await present(parent)).status).toBe(completed.ok ? 'COMPLETED' : 'RUNNING')
      expect((await present(child)).status).toBe(completed.ok ? 'FAILED' : 'QUEUED')
    }))
})

describe('a parent that is cancelled', () => {
  test('while children start below it leaves none of them active', () =>
    repeat(15, async () => {
      const { id: parent } = await ready()
      const answers = await atOnce(4, servers, async (server, place) =>
        place === 0
          ? cancelRun(server, here.callers.operator, { runId: parent })
          : startBelow(server, parent),
      )
      const children = answers.slice(1).flatMap((answer) => (answer.ok ? [answer.run.run.id] : []))
      for (const id of children) expect((await present(id)).status).toBe('CANCELLED')
      expect((await present(parent)).status).toBe('CANCELLING')
    }))
})

describe('a parent of many', () => {
  test('has every child that is started at once noted, and is proven by its log', async () => {
    const { id: parent } = await begin(here)
    const answers = await atOnce(16, servers, (server) => startBelow(server, parent))
    expect(answers.filter(({ ok }) => !ok)).toEqual([])
    const { events } = await readProven(here, parent)
    expect(countEvents(events, 'child.started')).toBe(16)
  })

  test('that waits for them is in the queue again once the last has ended, whoever noted it', () =>
    repeat(10, async () => {
      const { id: parent } = await ready()
      const children = [
        await runIn(here, 'RUNNING', { parentRunId: parent }),
        await runIn(here, 'RUNNING', { parentRunId: parent }),
      ]
      const [released] = await Promise.all([
        releaseRun(here.commands, here.callers.worker, {
          runId: parent,
          fence: 1,
          isWaitingForChildren: true,
        }),
        ...children.map(({ id }, place) =>
          failRun(servers[place % servers.length] ?? here.commands, here.callers.worker, {
            runId: id,
            fence: 1,
            error: 'x',
          }),
        ),
      ])
      expect(released.ok).toBe(true)
      await sweepDue(here.commands)
      const run = await present(parent)
      expect([run.status, run.awaitsChildren]).toEqual(['QUEUED', false])
      for (const { id } of children) expect(isSettledStatus((await present(id)).status)).toBe(true)
    }))
})

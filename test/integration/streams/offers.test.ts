import { afterAll, beforeAll, expect, test } from 'vitest'
import { claimRun } from '../../../src/commands/run/claimRun.ts'
import { runCommands as runs } from '../../../src/commands/run/runCommands.ts'
import type { Endable } from '../../../src/iterators/endable.ts'
import {
  accepted,
  countReads,
  OPERATOR,
  openTestServers,
  OWNER,
  start,
  type TestServer,
  type TestServers,
  WORKER,
} from './support.ts'

let servers: TestServers
let here: TestServer
let there: TestServer
beforeAll(async () => {
  servers = await openTestServers()
  here = await servers.openStreamServer()
  there = await servers.openStreamServer()
})
afterAll(() => servers.close())

/** Those who wait for runs of one project, and what each was offered. */
function wait(project: string, count: number, at: TestServer = here) {
  const offered: { readonly by: number; readonly runId: string }[] = []
  const streams: Endable<string>[] = []
  for (let by = 0; by < count; by++) {
    const stream = at.streams.offers.wait({ workflows: null, labels: [], projects: [project] })
    streams.push(stream)
    void (async () => {
      for await (const runId of stream) offered.push({ by, runId })
    })()
  }
  return { offered, end: () => streams.forEach((stream) => stream.end()) }
}

const claim = (runId: string) => claimRun(here.commands, WORKER, { runId, ...OWNER })

test('a run is offered to one of a hundred, and what the others cost does not depend on their number', async () => {
  const costOf = async (project: string, count: number) => {
    const looks = countReads(here.commands.store, 'find-claimable')
    const { offered, end } = wait(project, count)
    // those who came while the queue was read for the first are looked for once more
    await expect.poll(looks).toBe(Math.min(count, 2))
    const { id } = await start(there.commands, { project })
    await expect.poll(() => offered.map(({ runId }) => runId)).toEqual([id])
    // once when it was queued, and once because who was offered it waits again
    expect(looks()).toBeLessThanOrEqual(Math.min(count, 2) + 2)
    accepted(await claim(id))
    end()
  }
  await costOf('one', 1)
  await costOf('hundred', 100)
})

test('runs are offered in turn, each to another', async () => {
  const { offered, end } = wait('turns', 5)
  const ids: string[] = []
  for (let nth = 0; nth < 5; nth++) {
    ids.push((await start(there.commands, { project: 'turns' })).id)
    await expect.poll(() => offered.length).toBe(nth + 1)
  }
  end()
  expect(offered.map(({ runId }) => runId)).toEqual(ids)
  expect(new Set(offered.map(({ by }) => by)).size).toBe(5)
})

test('a run that nobody has claimed is offered again, to the next', async () => {
  const { offered, end } = wait('again', 2)
  const { id } = await start(there.commands, { project: 'again' })
  await expect.poll(() => offered.length).toBe(3)
  end()
  expect(offered.map(({ runId }) => runId)).toEqual([id, id, id])
  expect(offered[0]?.by).not.toBe(offered[1]?.by)
})

test('who begins to wait is offered what is there already, and what is given back or not delayed any more', async () => {
  const { id } = await start(there.commands, { project: 'there' })
  const { offered, end } = wait('there', 1)
  await expect.poll(() => offered.length).toBe(1)
  const { fence } = accepted(await claim(id)).run.run
  accepted(await runs.releaseRun(there.commands, WORKER, { runId: id, fence }))
  await expect.poll(() => offered.length).toBe(2)
  const again = accepted(await claim(id)).run.run
  const claimableAt = Date.now() + 2_000
  accepted(await runs.releaseRun(there.commands, WORKER, { runId: id, fence: again.fence, claimableAt }))
  await expect.poll(() => offered.length).toBe(3)
  expect(Date.now()).toBeGreaterThanOrEqual(claimableAt)
  end()
})

test('a parent is offered when its last child has ended', async () => {
  const parent = await start(there.commands, { project: 'family' })
  const { fence } = accepted(await claim(parent.id)).run.run
  const child = await start(there.commands, { project: 'family', parentRunId: parent.id })
  accepted(await claim(child.id))
  const { offered, end } = wait('family', 1)
  accepted(
    await runs.releaseRun(there.commands, WORKER, { runId: parent.id, fence, isWaitingForChildren: true }),
  )
  accepted(
    await runs.failRun(there.commands, WORKER, {
      runId: child.id,
      fence: 1,
      reason: 'INCOMPLETE',
      error: 'it broke',
    }),
  )
  await expect.poll(() => offered.map(({ runId }) => runId)).toEqual([parent.id])
  end()
})

test('nobody is offered a run that it does not wait for', async () => {
  const { offered, end } = wait('mine', 1)
  const mine = await start(there.commands, { project: 'mine' })
  await start(there.commands, { project: 'others' })
  await expect.poll(() => offered.length).toBe(2)
  end()
  expect(offered.every(({ runId }) => runId === mine.id)).toBe(true)
  accepted(await runs.cancelRun(there.commands, OPERATOR, { runId: mine.id }))
})

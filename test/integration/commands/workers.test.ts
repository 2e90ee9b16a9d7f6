import { createPawl, unwrap, type WorkerInfo } from '@pawl/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { openTestCommands, type TestCommands } from '../../support/commands.ts'
import { pawlAt } from '../cli/pawl.ts'
import { announceWorker } from '../../../src/commands/account/workers.ts'
import { listWorkers } from '../../../src/store/account/listWorkers.ts'
import { stateOfWorker } from '../../../src/lifecycle/run/presence.ts'
import { sweep } from '../../../src/commands/sweep.ts'

let here: TestCommands
let server: TestServer
beforeAll(async () => {
  here = await openTestCommands()
  server = await startTestServer()
})
afterAll(async () => {
  await here.close()
  await server.stop()
})

const SAID = {
  name: 'builder',
  host: 'anvil',
  program: 'pawl 1.0',
  state: 'READY',
  problem: null,
  concurrency: 2,
  workflows: [],
  labels: [],
  project: null,
  agents: [],
} as const

async function announce(instance: string, said: object = {}, as = here.callers.worker): Promise<string> {
  const answer = await announceWorker(here.commands, as, { ...SAID, instance, ...said })
  if (!answer.ok) throw new Error(answer.problem.message)
  return answer.worker.id
}

const PAGE = { limit: 500, fromEnd: false, after: null, before: null }
async function known(projects: readonly string[] | null = null): Promise<readonly string[]> {
  return (await listWorkers(here.store.pool, projects, PAGE)).items.map(({ instance }) => instance)
}

const passTime = (id: string, seconds: number) =>
  here.store.pool.query('UPDATE worker SET heard_at = heard_at - make_interval(secs => $2) WHERE id = $1', [
    id,
    seconds,
  ])

test('a worker is one however often it announces itself, and forgotten a day after the last time', async () => {
  const id = await announce('one')
  await passTime(id, 86_000)
  expect(await announce('one', { state: 'NOT_READY', problem: 'no room' })).toBe(id)
  await sweep(here.commands, here.callers.admin, false)
  expect(await known()).toContain('one')
  await passTime(id, 86_500)
  await sweep(here.commands, here.callers.admin, false)
  expect(await known()).not.toContain('one')
})

test('a worker that is not heard is SILENT after a while, unless it has said that it stopped', () => {
  const at = 1_000_000
  expect(stateOfWorker('READY', at, at + 90_000)).toBe('READY')
  for (const state of ['READY', 'NOT_READY', 'STOPPING'] as const)
    expect(stateOfWorker(state, at, at + 90_001)).toBe('SILENT')
  expect(stateOfWorker('STOPPED', at, at + 90_001)).toBe('STOPPED')
})

test('a principal has a thousand workers at most: those that were not heard for longest are forgotten', async () => {
  const caller = here.callers.worker
  await announce('oldest')
  await here.store.pool.query(
    `INSERT INTO worker SELECT 'wrk_' || n, $1, 'crowd-' || n, 'crowd', 'h', NULL, 'READY', NULL, 1, '{}', '{}', '{}', '[]',
       clock_timestamp(), clock_timestamp() FROM generate_series(1, 999) n`,
    [caller.principalId],
  )
  await announce('newest')
  const { rows } = await here.store.pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM worker WHERE principal_id = $1`,
    [caller.principalId],
  )
  expect(rows).toEqual([{ count: 1_000 }])
  const left = await here.store.pool.query(`SELECT FROM worker WHERE instance = 'oldest'`)
  expect(left.rowCount).toBe(0)
  await here.store.pool.query(`DELETE FROM worker WHERE name = 'crowd'`)
})

test('a token that is limited to projects sees who may claim runs of them', async () => {
  await announce('of all')
  await announce('of web', { project: 'web' })
  await announce('of api', { project: 'api' })
  const seen = await known(['web'])
  expect(seen).toEqual(expect.arrayContaining(['of all', 'of web']))
  expect(seen).not.toContain('of api')
  const limited = { ...here.callers.worker, projects: ['web'] }
  expect(
    await announceWorker(here.commands, limited, { ...SAID, instance: 'x', project: 'api' }),
  ).toMatchObject({
    problem: { type: 'Forbidden' },
  })
})

test('a worker of the SDK tells that it waits, what it holds, why it takes nothing, and that it has stopped', async ({
  onTestFinished,
}) => {
  const person = createPawl({ url: server.url, token: server.adminToken })
  const { secret } = await server.createToken({ role: 'WORKER' })
  let problem: string | undefined
  let finish = (): void => {}
  const worker = createPawl({ url: server.url, token: secret }).worker(
    {
      owner: 'walt',
      workflows: ['review'],
      labels: ['quick'],
      concurrency: 3,
      pollMs: 50,
      mayTake: () => problem === undefined,
      facts: () => ({
        host: 'anvil',
        program: 'walt 2.0',
        problem,
        agents: [{ role: 'default', adapter: 'acp', program: 'codex-acp', version: '2.6.0' }],
      }),
    },
    () => new Promise<void>((resolve) => (finish = resolve)),
  )
  onTestFinished(async () => {
    finish()
    await worker.stop({ timeoutMs: 0 })
  })
  const look = async (): Promise<WorkerInfo | undefined> =>
    (await person.workers.list()).nodes.find(({ name }) => name === 'walt')
  await expect.poll(look).toMatchObject({
    state: 'READY',
    host: 'anvil',
    program: 'walt 2.0',
    concurrency: 3,
    heldRunCount: 0,
    workflows: ['review'],
    labels: ['quick'],
    projects: [],
    agents: [{ role: 'default', adapter: 'acp', program: 'codex-acp', version: '2.6.0' }],
  })
  unwrap(await person.runs.start({ workflow: 'review', labels: ['quick'] }))
  await expect.poll(async () => (await look())?.heldRunCount).toBe(1)
  problem = 'the disk is full'
  await expect.poll(look).toMatchObject({ state: 'NOT_READY', problem })
  problem = undefined
  await expect.poll(look).toMatchObject({ state: 'READY', problem: null })
  const cli = pawlAt(server.url, server.adminToken)
  const listed = JSON.parse((await cli.run(['worker', 'list', '--json'])).stdout) as WorkerInfo[]
  expect(listed).toMatchObject([{ name: 'walt', heldRunCount: 1 }])
  expect((await cli.run(['worker', 'list'])).stdout).toMatch(
    /READY +walt +1 of 3 .* ago +walt 2\.0 +review labels quick +default codex-acp 2\.6\.0/,
  )
  const stopping = worker.stop()
  await expect.poll(look).toMatchObject({ state: 'STOPPING' })
  finish()
  await stopping
  expect(await look()).toMatchObject({ state: 'STOPPED', heldRunCount: 0 })
})

import { createPawl, type Pawl, type Project, type RunCount, unwrap } from '@pawl/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listProjects, type ProjectPageRequest } from '../../../src/store/run/listProjects.ts'
import { countProjects } from '../../../src/store/run/countProjects.ts'
import { openTestCommands, type TestCommands } from '../../support/commands.ts'
import { SOLO } from '../../support/workflows.ts'
import { passTime } from '../../support/passTime.ts'
import { runIn } from '../../support/runs.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

let server: TestServer
let admin: Pawl
let here: TestCommands
beforeAll(async () => {
  server = await startTestServer()
  admin = createPawl({ url: server.url, token: server.adminToken })
  here = await openTestCommands({ workflows: [SOLO] })
})
afterAll(async () => {
  await server.stop()
  await here.close()
})

const find = async (pawl: Pawl, name: string): Promise<Project | undefined> =>
  (await pawl.runs.projects()).nodes.find((project) => project.name === name)
/** The numbers that are not zero, by status. */
const shown = (counts: readonly Pick<RunCount, 'status' | 'count'>[] = []) =>
  Object.fromEntries(counts.flatMap(({ status, count }) => (count > 0 ? [[status, count]] : [])))

test('a project is there with its first run, with the numbers of its runs by status and its last activity', async () => {
  expect(await find(admin, 'atlas')).toBeUndefined()
  const start = async () => unwrap(await admin.runs.start({ workflow: 'review', project: 'atlas' })).run
  const [first, second] = [await start(), await start()]
  unwrap(await admin.runs.start({ workflow: 'review', project: 'borea' }))
  unwrap(await admin.runs.pause(first.id))
  let atlas = await find(admin, 'atlas')
  expect(shown(atlas?.activeCounts)).toEqual({ QUEUED: 1, PAUSED: 1 })
  expect(atlas?.activeCounts.map(({ status }) => status)).toEqual([
    'QUEUED',
    'RUNNING',
    'AWAITING_APPROVAL',
    'PAUSED',
    'CANCELLING',
  ])
  expect(shown(atlas?.settledCounts)).toEqual({})
  unwrap(await admin.runs.cancel(second.id))
  atlas = await find(admin, 'atlas')
  expect(shown(atlas?.activeCounts)).toEqual({ PAUSED: 1 })
  expect(shown(atlas?.settledCounts)).toEqual({ CANCELLED: 1 })
  expect(atlas?.settledCounts.every(({ isExact }) => isExact)).toBe(true)
  const settled = await admin.runs.get(second.id)
  expect(atlas?.lastActivityAt).toBe(settled?.settledAt)
})

test('runs that settled more than a week ago are not counted, and the last of them is the last activity', async () => {
  const counted = async () => (await countProjects(here.store.pool, ['quiet']))[0]
  const { id } = await runIn(here, 'FAILED', { project: 'quiet' })
  expect(shown((await counted())?.settledLately)).toEqual({ FAILED: 1 })
  const before = (await counted())?.lastActivityAt?.getTime() ?? 0
  await passTime(here.store, id, 8 * 86_400)
  expect(shown((await counted())?.settledLately)).toEqual({})
  expect((await counted())?.lastActivityAt?.getTime()).toBe(before - 8 * 86_400_000)
})

test('a project with a workflow of its own, and no run, is there', async () => {
  const phases = [{ key: 'do', final: true }]
  const { secret } = await server.createToken({ role: 'OPERATOR', projects: ['empty'] })
  const limited = createPawl({ url: server.url, token: secret })
  unwrap(await limited.workflows.register({ name: 'own', version: 1, initialPhase: 'do', phases }))
  expect(await find(admin, 'empty')).toMatchObject({ lastActivityAt: null, tokenCount: 1 })
})

test('a token that is limited to projects sees these only, without who else may act in them', async () => {
  const { secret } = await server.createToken({ role: 'VIEWER', projects: ['atlas', 'unused'] })
  const { nodes } = await createPawl({ url: server.url, token: secret }).runs.projects()
  expect(nodes.map(({ name, tokenCount }) => [name, tokenCount])).toEqual([
    ['atlas', null],
    ['unused', null],
  ])
  expect(await find(admin, 'atlas')).toMatchObject({ tokenCount: 1 })
  const { secret: other } = await server.createToken({ role: 'ADMIN', projects: ['atlas'] })
  expect(await find(createPawl({ url: server.url, token: other }), 'atlas')).toMatchObject({ tokenCount: 1 })
})

test('an agent, which sees its own run, sees no projects', async () => {
  const { run } = unwrap(
    await admin.runs.start({ workflow: 'review', project: 'atlas', claim: { owner: 'w', leaseSeconds: 60 } }),
  )
  const claimed = unwrap(await admin.tokens.forRun(run.id, { expiresInSeconds: 60 }))
  const page = createPawl({ url: server.url, token: claimed.secret })
  await expect(page.runs.projects()).rejects.toMatchObject({ code: 'FORBIDDEN' })
})

test('pages go through all projects in both directions, and a limited token’s are paged alike', async () => {
  for (const project of ['delta', 'alpha', 'echo', 'bravo', 'charlie'])
    await runIn(here, 'QUEUED', { project })
  const ask = (projects: readonly string[] | null, page: Partial<ProjectPageRequest>) =>
    listProjects(here.store.pool, projects, { limit: 2, fromEnd: false, after: null, before: null, ...page })
  const all = ['alpha', 'bravo', 'charlie', 'delta', 'echo', 'quiet']
  for (const projects of [null, all]) {
    expect(await ask(projects, {})).toEqual({
      items: ['alpha', 'bravo'],
      hasPrevious: false,
      hasNext: true,
    })
    expect(await ask(projects, { after: 'delta' })).toEqual({
      items: ['echo', 'quiet'],
      hasPrevious: true,
      hasNext: false,
    })
    expect(await ask(projects, { fromEnd: true, before: 'delta' })).toEqual({
      items: ['bravo', 'charlie'],
      hasPrevious: true,
      hasNext: true,
    })
    expect(await ask(projects, { after: 'alpha', before: 'charlie' })).toMatchObject({ items: ['bravo'] })
    expect(await ask(projects, { limit: 0 })).toMatchObject({ items: [], hasNext: true })
  }
})

import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPawl, unwrap } from '@pawl/sdk'
import type { Pawl } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { DISCARDED_OUTPUT } from '../../../src/adapters/kit/adapter.ts'
import { agentDefinitionSchema } from '../../../src/adapters/kit/agentDefinition.ts'
import { endSession } from '../../../src/adapters/endSession.ts'
import { tmuxAdapter } from '../../../src/adapters/tmux/tmuxAdapter.ts'
import { findByVariable } from '../../../src/processes/processTable.ts'
import type { WorkerNews } from '../../../src/worker/run/news.ts'
import { tidySessions } from '../../../src/worker/agent/tidySessions.ts'
import { WITHOUT_TMUX } from '../../conformance/adapters/kinds.ts'
import { passTime } from '../../support/passTime.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

let server: TestServer
let pawl: Pawl
let stateRoot: string
beforeAll(async () => {
  server = await startTestServer()
  const { secret } = await server.createToken({ role: 'WORKER', name: 'tidy' })
  pawl = createPawl({ url: server.url, token: secret })
  stateRoot = await mkdtemp(join(tmpdir(), 'pawl-tidy-'))
})
afterAll(async () => {
  await rm(stateRoot, { recursive: true })
  await server.stop()
})

/** A run whose agent lives on in its terminal, as it does when its worker was killed. */
async function leaveAgent() {
  const claim = { owner: 'killed', leaseSeconds: 600 }
  const { run } = unwrap(await pawl.runs.start({ workflow: 'review', claim }))
  const fence = run.lease?.fence ?? 0
  const fields = { fence, role: 'reviewer', adapter: 'tmux' }
  const { session } = unwrap(await pawl.sessions.open(run.id, fields))
  const stateDir = join(stateRoot, session.id)
  onTestFinished(() => void endSession(session.id, stateDir))
  const { PATH = '' } = process.env
  const agent = await tmuxAdapter.open({
    definition: agentDefinitionSchema.parse({
      adapter: 'tmux',
      command: ['/bin/cat'],
      prompt: 'keys',
      terminal: { ready: '^$' },
    }),
    sessionId: session.id,
    workspace: stateRoot,
    stateDir,
    keep: [],
    env: { PATH },
    handle: null,
    output: DISCARDED_OUTPUT,
    recordStart: async ({ command, pid }) =>
      unwrap(await pawl.executions.start({ runId: run.id, fence, command, pid })).execution.id,
    recordEnd: async () => undefined,
    askPermission: async () => ({ state: 'VOID', approvalId: null, comment: null }),
    saveHandle: async (handle) => void unwrap(await pawl.sessions.open(run.id, { ...fields, handle })),
  })
  await agent.send({ key: 'k', text: 'go' })
  await agent.close()
  const isAlive = () => findByVariable('PAWL_SESSION_ID', session.id).length > 0
  expect(isAlive()).toBe(true)
  return { runId: run.id, fence, stateDir, isAlive }
}

/** Looks once, and returns what was told. */
async function tidy(atWork: readonly string[] = []): Promise<WorkerNews[]> {
  const news: WorkerNews[] = []
  await tidySessions({
    pawl,
    stateRoot,
    isAtWork: (runId) => atWork.includes(runId),
    report: (told) => news.push(told),
    onError: () => undefined,
    signal: new AbortController().signal,
  })
  return news
}

describe.skipIf(WITHOUT_TMUX !== undefined)('an agent that outlives its worker', () => {
  it('waits for the next owner for as long as its run is not settled', async () => {
    const { runId, fence, isAlive } = await leaveAgent()
    unwrap(await pawl.runs.release(runId, { fence }))
    await passTime(server.store, runId, 7_200)
    expect(await tidy()).toEqual([])
    expect(isAlive()).toBe(true)
  })

  it('is ended when its run has settled without it, and its folder goes when nobody writes there any more', async () => {
    const { runId, fence, stateDir, isAlive } = await leaveAgent()
    unwrap(await pawl.runs.release(runId, { fence }))
    const person = createPawl({ url: server.url, token: server.adminToken })
    unwrap(await person.runs.cancel(runId))
    expect(await tidy()).toEqual([])
    expect(isAlive()).toBe(true)
    await passTime(server.store, runId, 70)
    expect(await tidy([runId])).toEqual([])
    expect(isAlive()).toBe(true)
    expect(await tidy()).toEqual([{ kind: 'leftover-ended', runId, role: 'reviewer', isGone: true }])
    expect(isAlive()).toBe(false)
    expect(existsSync(stateDir)).toBe(true)
    await passTime(server.store, runId, 600)
    expect(await tidy()).toEqual([])
    expect(existsSync(stateDir)).toBe(false)
  })
})

it('leaves alone what the server knows nothing of, and what is no session', async () => {
  const kept = ['ses_01aaaaaaaaaaaaaaaaaaaaaaaa', 'notes'].map((name) => join(stateRoot, name))
  for (const folder of kept) {
    await mkdir(folder)
    await writeFile(join(folder, 'something'), '')
  }
  expect(await tidy()).toEqual([])
  for (const folder of kept) expect(existsSync(join(folder, 'something'))).toBe(true)
})

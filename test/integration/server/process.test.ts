import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ask } from '../../support/server.ts'
import { askSocket, openSocket } from '../../support/socket.ts'
import { type ServerProcess, spawnServer } from '../../support/spawnServer.ts'

// each starts several processes, one after the other
vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 })

let dataDir: string
let running: ServerProcess[] = []
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pawl-process-'))
})
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGTERM')
    await ended
  }
  await rm(dataDir, { recursive: true })
})

async function start(env: Record<string, string> = {}): Promise<ServerProcess> {
  const server = await spawnServer(dataDir, env)
  running.push(server)
  return server
}

const START =
  'mutation { startRun(input: { workflow: "review", title: "kept" }) { ... on StartRunSuccess { run { id } } } }'

it('stops in good order when told to, and finds everything at its next start', async () => {
  const server = await start()
  const token = await server.readToken()
  const { data } = await ask(server, START, { token })
  const { id } = (data as unknown as { startRun: { run: { id: string } } }).startRun.run
  const query = `subscription { runChanged(runId: "${id}") { status } }`
  const socket = await openSocket(server, token)
  await askSocket(socket, query)
  const events = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'text/event-stream',
    },
    body: JSON.stringify({ query }),
  })

  server.child.kill('SIGTERM')
  expect(await socket.closed).toEqual({ code: 1012, reason: 'Service restart' })
  expect(await events.text()).toMatch(/event: complete\ndata:\n\n$/)
  expect(await server.ended).toEqual({ code: 0, signal: null })
  expect(existsSync(join(dataDir, 'address'))).toBe(false)
  expect(server.log()).toContain('server.stop_completed')
  expect(server.log()).not.toContain('_failed')

  const next = await start()
  expect(next.adopted).toBe(false)
  expect((await ask(next, `{ run(id: "${id}") { title status } }`, { token })).data).toEqual({
    run: { title: 'kept', status: 'QUEUED' },
  })
})

it('loses nothing it acknowledged when it is killed, and adopts the database it left behind', async () => {
  const killed = await start()
  const token = await killed.readToken()
  const { data } = await ask(killed, START, { token })
  const { id } = (data as unknown as { startRun: { run: { id: string } } }).startRun.run
  killed.child.kill('SIGKILL')
  expect((await killed.ended).signal).toBe('SIGKILL')

  const next = await start()
  expect(next.adopted).toBe(true)
  expect(await next.readToken()).toBe(token)
  expect((await ask(next, `{ run(id: "${id}") { title } }`, { token })).data).toEqual({
    run: { title: 'kept' },
  })
})

it('recovers by itself when its embedded database is killed', { tags: 'thorough' }, async () => {
  const server = await start()
  const token = await server.readToken()
  const { data } = await ask(server, START, { token })
  const { id } = (data as unknown as { startRun: { run: { id: string } } }).startRun.run
  const [pid] = (await readFile(join(dataDir, 'database', 'cluster', 'postmaster.pid'), 'utf8')).split('\n')
  process.kill(Number(pid), 'SIGKILL')
  const read = async () => (await ask(server, `{ run(id: "${id}") { title } }`, { token })).data
  await expect.poll(read, { timeout: 20_000 }).toEqual({ run: { title: 'kept' } })
  // it listens again a moment after it answers again
  await expect.poll(async () => (await fetch(`${server.url}/readyz`)).status).toBe(200)
})

it('stops at once at a second signal', { tags: 'thorough' }, async () => {
  const server = await start({ PAWL_DRAIN_SECONDS: '600' })
  // a request that never ends its body is under way for as long as it may be
  const stuck = fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await server.readToken()}`, 'content-type': 'application/json' },
    body: new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{'))
      },
    }),
    duplex: 'half',
  } as RequestInit).catch(() => {})
  await ask(server, '{ viewer { name } }', { token: await server.readToken() })
  server.child.kill('SIGTERM')
  await expect.poll(() => server.log()).toContain('server.stop_started')
  server.child.kill('SIGTERM')
  expect((await server.ended).code).toBe(143)
  await stuck
  // nobody had the time to stop the database
  expect((await start()).adopted).toBe(true)
})

it('cuts requests that outlive the drain', { tags: 'thorough' }, async () => {
  const server = await start({ PAWL_DRAIN_SECONDS: '0.2' })
  const stuck = fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await server.readToken()}`, 'content-type': 'application/json' },
    body: new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{'))
      },
    }),
    duplex: 'half',
  } as RequestInit).catch((error: Error) => error)
  await ask(server, '{ viewer { name } }', { token: await server.readToken() })
  server.child.kill('SIGTERM')
  expect((await server.ended).code).toBe(0)
  expect(await stuck).toBeInstanceOf(Error)
  expect(server.log()).toContain('server.drain_failed')
})

it(
  'leaves a data directory that another server uses alone, and says whose it is',
  { tags: 'thorough' },
  async () => {
    const server = await start()
    const address = await readFile(join(dataDir, 'address'), 'utf8')
    await expect(spawnServer(dataDir)).rejects.toThrow(
      new RegExp(`in use by process ${server.child.pid}, listening on ${server.url}`),
    )
    expect(await readFile(join(dataDir, 'address'), 'utf8')).toBe(address)
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
  },
)

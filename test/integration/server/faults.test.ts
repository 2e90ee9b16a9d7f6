import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { ask, startTestServer, type TestServer } from '../../support/server.ts'
import { askSocket, openSocket } from '../../support/socket.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())
afterEach(() => mend())

/** Makes whatever touches the log a fault that nobody foresaw. */
const breakIt = () => server.store.pool.query('ALTER TABLE event RENAME TO event_gone')
const mend = () => server.store.pool.query('ALTER TABLE IF EXISTS event_gone RENAME TO event')

const START =
  'mutation ($title: String) { startRun(input: { workflow: "review", title: $title }) { ... on StartRunSuccess { run { id } } } }'
const PROMPT = 'a prompt that is nobody’s business'

async function start(): Promise<string> {
  const { data } = await ask(server, START, { token: server.adminToken })
  return (data as unknown as { startRun: { run: { id: string } } }).startRun.run.id
}

/** What callers are told of a fault. */
const masked = {
  message: expect.stringMatching(
    /^Internal server error\. The server's log has details under [0-9a-f-]{36}\.$/,
  ),
  extensions: { code: 'INTERNAL', correlationId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
}

/** The log has the fault under the id that the caller was told. */
function expectLogged(error: unknown): void {
  const { correlationId } = (error as { extensions: { correlationId: string } }).extensions
  const lines = server.logged.filter((line) => line.includes(correlationId))
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'error',
    msg: 'graphql.execution_failed',
    err: { code: '42P01', message: expect.stringContaining('event'), stack: expect.stringContaining('at ') },
  })
  expect(server.logged.join('')).not.toContain(PROMPT)
}

it('masks a fault over HTTP, and logs it without what was asked', async () => {
  await breakIt()
  const answer = await ask(server, START, { token: server.adminToken, variables: { title: PROMPT } })
  expect(answer.status).toBe(500)
  expect(answer.errors).toEqual([expect.objectContaining(masked)])
  expectLogged(answer.errors?.[0])
})

it('masks a fault on a socket, which lives on', async () => {
  const socket = await openSocket(server, server.adminToken)
  await breakIt()
  const message = await askSocket(socket, START, { variables: { title: PROMPT } })
  const { errors } = message.payload as { errors: unknown[] }
  expect(errors).toEqual([expect.objectContaining(masked)])
  expectLogged(errors[0])
  expect(await socket.next()).toMatchObject({ type: 'complete' })
  await mend()
  expect(await askSocket(socket, '{ viewer { name } }')).toMatchObject({ type: 'next' })
  socket.close()
})

it('masks a fault in the middle of a stream, on a socket and as an event', async () => {
  const id = await start()
  const query = `subscription { runEventAppended(runId: "${id}") { type } }`
  const socket = await openSocket(server, server.adminToken)
  await askSocket(socket, query)
  const controller = new AbortController()
  const events = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    signal: controller.signal,
    headers: {
      authorization: `Bearer ${server.adminToken}`,
      'content-type': 'application/json',
      accept: 'text/event-stream',
    },
    body: JSON.stringify({ query }),
  })
  await breakIt()
  // readers also look by themselves, every few seconds
  let message = await socket.next()
  while (message.type === 'next') message = await socket.next()
  expect(message.type).toBe('error')
  expect(message.payload).toEqual([expect.objectContaining(masked)])
  expectLogged((message.payload as unknown[])[0])
  const text = await events.text()
  expect(text).toContain('"code":"INTERNAL"')
  expect(text).toMatch(/event: complete\ndata:\n\n$/)
  expect(text).not.toContain('event_gone')
  expect(text).not.toContain('42P01')
  socket.close()
})

it('answers a document that is wrong with what is wrong about it, and logs nothing', async () => {
  const before = server.logged.length
  const answer = await ask(server, '{ viewer { nmae } }', { token: server.adminToken })
  expect(answer.status).toBe(400)
  expect(answer.errors?.[0]?.message).toContain('nmae')
  expect(server.logged.slice(before).filter((line) => !line.includes('"debug"'))).toEqual([])
})

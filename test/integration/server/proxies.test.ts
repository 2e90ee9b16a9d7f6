import { type ChildProcess, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ask, startTestServer, type TestServer } from '../../support/server.ts'
import { startChild } from '../../support/startChild.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const hasNginx = spawnSync('nginx', ['-v']).error === undefined

async function startRun(): Promise<string> {
  const { data } = await ask(
    server,
    'mutation { startRun(input: { workflow: "review" }) { ... on StartRunSuccess { run { id } } } }',
    { token: server.adminToken },
  )
  return (data as unknown as { startRun: { run: { id: string } } }).startRun.run.id
}

/** Subscribes to a run's events, as an event stream. */
async function openEvents(url: string, id: string) {
  const ended = new AbortController()
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    signal: ended.signal,
    headers: {
      authorization: `Bearer ${server.adminToken}`,
      'content-type': 'application/json',
      accept: 'text/event-stream',
      // what a browser says
      'accept-encoding': 'gzip, deflate, br',
    },
    body: JSON.stringify({ query: `subscription { runEventAppended(runId: "${id}") { type } }` }),
  })
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  return {
    headers: response.headers,
    async readUntil(part: string): Promise<void> {
      while (!text.includes(part)) {
        const { done, value } = await reader.read()
        if (done) throw new Error(`the stream ended with ${text}`)
        text += value
      }
    },
    close: () => ended.abort(),
  }
}

it('tells every proxy not to gather, keep or change an event stream', async () => {
  const events = await openEvents(server.url, await startRun())
  expect(Object.fromEntries(events.headers)).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  })
  expect(events.headers.has('content-encoding')).toBe(false)
  events.close()
})

// left out where there is no nginx
it.skipIf(!hasNginx)('passes an nginx that is set up as it comes, event by event', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-nginx-'))
  const { url, child } = await startNginx(folder)
  try {
    const id = await startRun()
    const events = await openEvents(url, id)
    await events.readUntil('RUN_CREATED')
    await ask(server, `mutation { cancelRun(input: { runId: "${id}" }) { __typename } }`, {
      token: server.adminToken,
    })
    await events.readUntil('RUN_CANCELLED')
    await events.readUntil('event: complete')
    events.close()
  } finally {
    child.kill('SIGQUIT')
    await once(child, 'exit')
    await rm(folder, { recursive: true })
  }
})

async function startNginx(folder: string): Promise<{ url: string; child: ChildProcess }> {
  const port = await findPort()
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const config = `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log; events {}
http { access_log off; gzip on; ${places.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
server { listen 127.0.0.1:${port}; location / { proxy_pass ${server.url}; } } }`
  await writeFile(join(folder, 'nginx.conf'), config)
  const child = startChild('nginx', ['-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')])
  const url = `http://127.0.0.1:${port}`
  await expect
    .poll(() =>
      fetch(`${url}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
    .toBe(true)
  return { url, child }
}

async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

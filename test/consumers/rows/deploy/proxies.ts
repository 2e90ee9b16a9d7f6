import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createPawl } from '@pawl/sdk'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import type { Row } from '../../row.ts'
import { findPort } from '../../stage.ts'
import type { Stage } from '../../stage.ts'
import { needPrograms, readSample } from './samples.ts'

/** Where a proxy was told to listen. */
interface Ports {
  /** For the server at an origin of its own. */
  readonly own: number
  /** For the server below a path. */
  readonly below: number
}

const FOLLOW = 'subscription ($id: ID!) { runChanged(runId: $id) { status } }'

/** The proxies, each with requests, server-sent events and WebSockets through it. */
export const proxyRows: readonly Row[] = [
  proxyRow('nginx', async (stage, folder, backend, { own, below }) => {
    needPrograms('nginx')
    const site = readSample('nginx.conf', [
      ['server 127.0.0.1:4400', `server ${backend}`],
      ['listen 80', `listen 127.0.0.1:${own}`],
      ['listen 80', `listen 127.0.0.1:${below}`],
    ])
    await writeFile(join(folder, 'pawl.conf'), site)
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    )
    const http = `http { access_log off; ${paths.join(' ')} include ${folder}/pawl.conf; }`
    await writeFile(
      join(folder, 'nginx.conf'),
      `daemon off; pid ${folder}/pid; error_log stderr notice; events {} ${http}`,
    )
    const proxy = stage.start(folder, ['nginx', '-p', folder, '-c', join(folder, 'nginx.conf')])
    await proxy.find(/start worker process /)
    return proxy
  }),
  proxyRow('caddy', async (stage, folder, backend, { own, below }) => {
    needPrograms('caddy')
    const sites = readSample('Caddyfile', [
      ['pawl.example {', `http://127.0.0.1:${own} {`],
      ['tools.example {', `http://127.0.0.1:${below} {`],
      ['reverse_proxy 127.0.0.1:4400', `reverse_proxy ${backend}`],
      ['reverse_proxy 127.0.0.1:4400', `reverse_proxy ${backend}`],
    ])
    await writeFile(join(folder, 'Caddyfile'), `{\n\tadmin off\n\tdefault_bind 127.0.0.1\n}\n${sites}`)
    const env = { XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
    const proxy = stage.start(
      folder,
      ['caddy', 'run', '--config', 'Caddyfile', '--adapter', 'caddyfile'],
      {},
      env,
    )
    await proxy.find(/serving initial configuration/)
    return proxy
  }),
]

function proxyRow(
  name: string,
  start: (
    stage: Stage,
    folder: string,
    backend: string,
    ports: Ports,
  ) => Promise<{ stop(): Promise<unknown> }>,
): Row {
  return {
    name,
    proves: `${name} before the server, at the root and below a path: requests, server-sent events, WebSockets`,
    isShort: name === 'nginx',
    play: async (stage) => {
      const { url, token } = await stage.server()
      const folder = await stage.createFolder()
      const ports = { own: await findPort(), below: await findPort() }
      const proxy = await start(stage, folder, new URL(url).host, ports)
      try {
        const run = await stage.startRun(`Through ${name}`)
        const own = `http://127.0.0.1:${ports.own}`
        await lookThrough(own, token, run)
        await lookThrough(`http://127.0.0.1:${ports.below}/pawl`, token, run)
        const page = await fetch(own, { headers: { accept: 'text/html' } })
        if (!page.ok || !(await page.text()).includes('<html'))
          throw new Error(`the page answers ${page.status}`)
      } finally {
        await proxy.stop()
      }
      return undefined
    },
  }
}

/** Asks through a proxy in every way there is. */
async function lookThrough(url: string, token: string, id: string): Promise<void> {
  const ready = await fetch(`${url}/readyz`)
  if (!ready.ok) throw new Error(`${url}/readyz answers ${ready.status}`)
  const pawl = createPawl({ url, token })
  const run = await pawl.runs.get(id)
  if (run?.status !== 'QUEUED') throw new Error(`the SDK reads ${run?.status} through ${url}`)
  await expectEvent(url, token, id)
  await expectFrame(url, token, id)
}

/** The first event comes while the stream stays open, so nothing buffers it. */
async function expectEvent(url: string, token: string, id: string): Promise<void> {
  const left = new AbortController()
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'text/event-stream',
    },
    body: JSON.stringify({ query: FOLLOW, variables: { id } }),
    signal: AbortSignal.any([left.signal, AbortSignal.timeout(20_000)]),
  })
  let told = ''
  for await (const chunk of response.body ?? []) {
    told += Buffer.from(chunk as Uint8Array).toString()
    if (told.includes('"QUEUED"')) break
  }
  left.abort()
  if (!told.includes('"QUEUED"')) throw new Error(`no event through ${url}: ${response.status} ${told}`)
}

async function expectFrame(url: string, token: string, id: string): Promise<void> {
  const client = createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    connectionParams: { authorization: `Bearer ${token}` },
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  })
  try {
    for await (const { data, errors } of client.iterate({ query: FOLLOW, variables: { id } })) {
      if (!JSON.stringify(data).includes('QUEUED'))
        throw new Error(`a socket through ${url} says ${JSON.stringify(errors ?? data)}`)
      break
    }
  } finally {
    await client.dispose()
  }
}

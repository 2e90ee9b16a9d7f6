import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import * as restate from '@restatedev/restate-sdk'
import { drive } from './drive.mjs'

// the service is a process of its own, as in a deployment, started again from this file
const [, program, role] = process.argv
const port = Number(process.env.PEER_PORT)
const [ingress, admin, service, node] = [port, port + 1, port + 2, port + 3]

const steps = restate.service({
  name: 'steps',
  handlers: {
    two: async (ctx, input) => {
      const one = await ctx.run('one', () => input)
      return ctx.run('two', () => one)
    },
  },
})

if (role === 'service') {
  await restate.serve({ services: [steps], port: service })
} else {
  const require = createRequire(import.meta.url)
  const server = join(
    dirname(require.resolve('@restatedev/restate-server-linux-x64/package.json')),
    'bin/restate-server',
  )
  const environment = {
    ...process.env,
    RESTATE_BASE_DIR: join(process.env.PEER_FOLDER, 'restate'),
    RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`,
    RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${node}`,
    RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
    RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
    RESTATE_LOG_FILTER: 'warn',
    RESTATE_DISABLE_TELEMETRY: 'true',
    DO_NOT_TRACK: '1',
  }
  const children = [
    spawn(server, [], { env: environment, stdio: ['ignore', 2, 2] }),
    spawn(process.execPath, [program, 'service'], {
      env: { ...process.env, RESTATE_LOGGING: 'WARN' },
      stdio: ['ignore', 2, 2],
    }),
  ]
  const stop = () => children.forEach((child) => child.kill('SIGKILL'))
  process.on('exit', stop)
  process.on('SIGTERM', () => process.exit(0))
  await register()
  await drive(async () => {
    const response = await post(`http://127.0.0.1:${ingress}/steps/two`, 'done')
    if ((await response.json()) !== 'done') throw new Error('the steps did not end')
  })
}

async function register() {
  for (let attempt = 0; ; attempt++) {
    try {
      await post(`http://127.0.0.1:${admin}/deployments`, { uri: `http://127.0.0.1:${service}` })
      return
    } catch (error) {
      if (attempt === 300) throw error
      await delay(100)
    }
  }
}

async function post(url, body) {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  return response
}

import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { configSchema } from '../../../src/config.ts'
import { createLog } from '../../../src/log.ts'
import { ListenError } from '../../../src/server/http/httpServer.ts'
import { type RunningServer, startServer } from '../../../src/server/startServer.ts'
import { ask } from '../../support/server.ts'

let dataDir: string
const running: RunningServer[] = []
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pawl-starting-'))
})
afterEach(async () => {
  for (const server of running.splice(0)) await server.close('test')
  await rm(dataDir, { recursive: true })
})

/** Starts a server on the embedded database of the data directory. */
async function start(port = 0): Promise<RunningServer> {
  const config = configSchema.parse({ port, data: dataDir })
  const server = await startServer({ config, log: createLog({ level: 'silent' }) })
  running.push(server)
  return server
}

const readToken = async () => (await readFile(join(dataDir, 'token'), 'utf8')).trim()
const viewer = async (server: RunningServer, token: string) =>
  (await ask(server, '{ viewer { role } }', { token })).status

it('says what to do where its port is taken, and leaves nothing running', async () => {
  const other = createServer()
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const error = await start(port).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ListenError)
  expect((error as Error).message).toBe(
    `127.0.0.1:${port} is in use. Stop the program that listens there, or set another port (PAWL_PORT).`,
  )
  other.close()
  // neither the lock nor the database was left behind
  expect((await start(port)).database).toEqual({ kind: 'embedded', adopted: false })
})

it('keeps the local token from start to start, and makes another where it is gone or no good', async () => {
  const first = await start()
  const kept = await readToken()
  expect(await viewer(first, kept)).toBe(200)
  await first.close('test')

  const second = await start()
  expect(await readToken()).toBe(kept)
  await second.close('test')

  await writeFile(join(dataDir, 'token'), 'pawl_nonsense\n')
  const third = await start()
  const made = await readToken()
  expect(made).not.toBe(kept)
  expect(await viewer(third, made)).toBe(200)
  // the one before was lost, not revoked
  expect(await viewer(third, kept)).toBe(200)
})

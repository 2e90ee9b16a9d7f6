import { afterEach, beforeEach, expect, it } from 'vitest'
import { untilBlocked } from '../../support/race.ts'
import { ask, startTestServer, type TestServer } from '../../support/server.ts'
import { openRawSocket, openSocket } from '../../support/socket.ts'

let server: TestServer
beforeEach(async () => {
  server = await startTestServer()
})
afterEach(() => server.stop())

const START = 'mutation { startRun(input: { workflow: "review" }) { __typename } }'

/** Sends a mutation that waits for a lock, and returns once it does. */
async function sendHeldUp() {
  const blocker = await server.store.pool.connect()
  await blocker.query('BEGIN; LOCK TABLE event IN EXCLUSIVE MODE')
  const answer = ask(server, START, { token: server.adminToken })
  await untilBlocked(server.store.pool, 1)
  return {
    answer,
    async letGo() {
      await blocker.query('COMMIT')
      blocker.release()
    },
  }
}

it('finishes what is under way before it stops', async () => {
  const heldUp = await sendHeldUp()
  const closing = server.close('test')
  // it accepts nothing new meanwhile
  await expect
    .poll(() =>
      fetch(`${server.url}/healthz`).then(
        () => 'answers',
        () => 'is gone',
      ),
    )
    .toBe('is gone')
  await expect(openRawSocket(server)).rejects.toThrow()
  await heldUp.letGo()
  expect((await heldUp.answer).data).toEqual({ startRun: { __typename: 'StartRunSuccess' } })
  await closing
  expect(server.logged.join('')).not.toContain('server.drain_failed')
})

it('sends sockets away at once, introduced or not', async () => {
  const heldUp = await sendHeldUp()
  const [introduced, silent] = [await openSocket(server, server.adminToken), await openRawSocket(server)]
  const closing = server.close('test')
  for (const socket of [introduced, silent]) expect((await socket.closed).code).toBe(1012)
  await heldUp.letGo()
  await closing
})

it('stops once, however often it is told', async () => {
  await Promise.all([server.close('one'), server.close('two')])
  expect(server.logged.filter((line) => line.includes('server.stop_started'))).toHaveLength(1)
})

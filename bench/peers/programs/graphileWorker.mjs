import { randomUUID } from 'node:crypto'
import { Logger, run } from 'graphile-worker'
import { drive } from './drive.mjs'

const waiting = new Map()
const runner = await run({
  connectionString: process.env.PEER_DATABASE,
  concurrency: 10,
  logger: new Logger(() => () => undefined),
  noHandleSignals: true,
  taskList: {
    one: async (id, helpers) => void (await helpers.addJob('two', id)),
    two: (id) => {
      waiting.get(id)?.()
      waiting.delete(id)
    },
  },
})

await drive(async () => {
  const id = randomUUID()
  const ended = new Promise((resolve) => waiting.set(id, resolve))
  await runner.addJob('one', id)
  await ended
})

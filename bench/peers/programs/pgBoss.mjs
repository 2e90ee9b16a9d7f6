import PgBoss from 'pg-boss'
import { drive } from './drive.mjs'

const boss = new PgBoss(process.env.PEER_DATABASE)
boss.on('error', (error) => console.error(error))
await boss.start()
const queues = ['one', 'two']
for (const queue of queues) await boss.createQueue(queue)

/** A job of a queue. One that another client is fetching is skipped, so there may be none for a moment. */
async function fetchJob(queue) {
  for (;;) {
    const [job] = await boss.fetch(queue)
    if (job) return job
  }
}

// a worker of pg-boss polls at most twice a second, so the client fetches its job itself
await drive(async () => {
  for (const queue of queues) {
    await boss.send(queue, { input: 'done' })
    const job = await fetchJob(queue)
    await boss.complete(queue, job.id)
  }
})

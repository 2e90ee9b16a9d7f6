import { randomUUID } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import { drive } from './drive.mjs'

const { createPawl, unwrap } = await import(pathToFileURL(process.env.PAWL_SDK).href)
const pawl = createPawl({ url: process.env.PAWL_URL, token: process.env.PAWL_TOKEN, batch: true })
/** Whether the first phase is started and left in one request. */
const isTogether = process.env.PAWL_TOGETHER === 'yes'
const phases = [
  { key: 'one', next: ['two'] },
  { key: 'two', final: true },
]
unwrap(await pawl.workflows.register({ name: 'two-steps', version: 1, initialPhase: 'one', phases }))

await drive(async () => {
  const claim = { owner: randomUUID(), leaseSeconds: 3600 }
  const { run, lease } = unwrap(await pawl.runs.start({ workflow: 'two-steps', claim }))
  const { fence } = lease
  if (isTogether) {
    const first = [{ startPhase: { phase: 'one' } }, { advancePhase: { to: 'two' } }]
    unwrap(await pawl.runs.drive(run.id, first, { fence }))
  } else {
    unwrap(await pawl.phases.start(run.id, 'one', { fence }))
    unwrap(await pawl.phases.advance(run.id, 'two', { fence }))
  }
  unwrap(await pawl.runs.complete(run.id, { fence }))
})

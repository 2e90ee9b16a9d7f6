import { OpenWorkflow } from 'openworkflow'
import { BackendPostgres } from 'openworkflow/postgres'
import { drive } from './drive.mjs'

const backend = await BackendPostgres.connect(process.env.PEER_DATABASE)
const open = new OpenWorkflow({ backend })
const twoSteps = open.defineWorkflow({ name: 'two-steps' }, async ({ input, step }) => {
  const one = await step.run({ name: 'one' }, () => input)
  return step.run({ name: 'two' }, () => one)
})
await open.newWorker({ concurrency: 50 }).start()

await drive(async () => {
  const handle = await twoSteps.run('done')
  if ((await handle.result()) !== 'done') throw new Error('the steps did not end')
})

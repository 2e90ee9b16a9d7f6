import { DBOS } from '@dbos-inc/dbos-sdk'
import { drive } from './drive.mjs'

DBOS.setConfig({
  name: 'steps',
  systemDatabaseUrl: process.env.PEER_DATABASE,
  logLevel: 'error',
  runAdminServer: false,
})

const twoSteps = DBOS.registerWorkflow(
  async (input) => {
    const one = await DBOS.runStep(async () => input, { name: 'one' })
    return DBOS.runStep(async () => one, { name: 'two' })
  },
  { name: 'twoSteps' },
)
await DBOS.launch()

await drive(async () => {
  if ((await twoSteps('done')) !== 'done') throw new Error('the steps did not end')
})

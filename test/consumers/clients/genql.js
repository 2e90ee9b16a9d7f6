import { createClient } from './generated'

const { PAWL_URL, PAWL_TOKEN, PAWL_RUN_ID } = process.env
const client = createClient({
  url: `${PAWL_URL}/graphql`,
  headers: { authorization: `Bearer ${PAWL_TOKEN}` },
})
const { startRun } = await client.mutation({
  startRun: {
    __args: { input: { workflow: 'review', idempotencyKey: crypto.randomUUID() } },
    __typename: true,
    on_StartRunSuccess: { run: { id: true } },
  },
})
if (startRun.__typename !== 'StartRunSuccess') throw new Error(startRun.__typename)
const { run } = await client.query({ run: { __args: { id: PAWL_RUN_ID }, status: true } })
console.log(`is ${run.status}`)

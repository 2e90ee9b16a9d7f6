import { createClient } from 'graphql-sse'

const { PAWL_URL, PAWL_TOKEN, PAWL_RUN_ID } = process.env
const client = createClient({
  url: `${PAWL_URL}/graphql`,
  headers: { authorization: `Bearer ${PAWL_TOKEN}` },
})
const frames = client.iterate({
  query: 'subscription ($id: ID!) { runChanged(runId: $id) { status } }',
  variables: { id: PAWL_RUN_ID },
})
for await (const { data } of frames) {
  console.log(`is ${data.runChanged.status}`)
  break
}
client.dispose()

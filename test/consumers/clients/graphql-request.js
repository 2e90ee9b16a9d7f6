import { GraphQLClient, gql } from 'graphql-request'

const { PAWL_URL, PAWL_TOKEN, PAWL_RUN_ID } = process.env
const client = new GraphQLClient(`${PAWL_URL}/graphql`, {
  headers: { authorization: `Bearer ${PAWL_TOKEN}` },
})
const START = gql`
  mutation Start($input: StartRunInput!) {
    startRun(input: $input) {
      __typename
      ... on StartRunSuccess {
        run {
          id
        }
      }
    }
  }
`
const { startRun } = await client.request(START, {
  input: { workflow: 'review', idempotencyKey: crypto.randomUUID() },
})
if (startRun.__typename !== 'StartRunSuccess') throw new Error(startRun.__typename)
const READ = gql`
  query Read($id: ID!) {
    run(id: $id) {
      status
    }
  }
`
const { run } = await client.request(READ, { id: PAWL_RUN_ID })
console.log(`is ${run.status}`)

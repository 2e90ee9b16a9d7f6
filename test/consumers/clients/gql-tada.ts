import { graphql } from 'gql.tada'
import type { ResultOf, VariablesOf } from 'gql.tada'

export const start = graphql(`
  mutation Start($input: StartRunInput!) {
    startRun(input: $input) {
      __typename
      ... on StartRunSuccess {
        run {
          id
          status
        }
      }
      ... on Problem {
        message
      }
    }
  }
`)

export const input: VariablesOf<typeof start> = { input: { workflow: 'review', title: 'typed' } }

export function read({ startRun }: ResultOf<typeof start>): string {
  if (startRun.__typename !== 'StartRunSuccess') return startRun.message
  const status: string | undefined = startRun.run?.status
  return status ?? ''
}

// @ts-expect-error -- a workflow is required
export const wrong: VariablesOf<typeof start> = { input: { title: 'typed' } }

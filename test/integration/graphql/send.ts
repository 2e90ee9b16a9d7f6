import { expect } from 'vitest'
import type { Caller } from '../../../src/commands/kit/context.ts'
import type { Data, TestGraph } from '../../support/graphql.ts'

/** A run that there is not. */
export const UNKNOWN_RUN = 'run_01jd0000000000000000000000'

const PROBLEM =
  '... on Problem { message } ... on Forbidden { requiredRole } ... on InvalidInput { issues { path message } } '

/** Sends a mutation and selects what of any of its members is named, and the words of its problems. */
export const send = (
  graph: TestGraph,
  name: string,
  input: unknown,
  members: string,
  as: Caller,
): Promise<Data> => graph.mutate(name, input, PROBLEM + members, { as })

/** A refusal, which carries words. */
export const problem = (type: string, rest: object = {}) => ({
  __typename: type,
  message: expect.stringMatching(/\S.*\.$/),
  ...rest,
})

/** A refusal of an input with one mistake. */
export const mistake = (path: string[], message: string | RegExp = /./) =>
  problem('InvalidInput', { issues: [{ path, message: expect.stringMatching(message) }] })

/** The success that an answer is; throws, with the answer, where it is another member. */
export function succeeded(answer: Data): Data {
  if (!String(answer.__typename).endsWith('Success')) throw new Error(JSON.stringify(answer))
  return answer
}

/** What doctor finds in all runs of a database: nothing, in one that was written by the commands alone. */
export async function findViolations(graph: TestGraph): Promise<unknown[]> {
  const { doctor } = await graph.read(
    '{ doctor(first: 500) { runsChecked violations { runId guarantee detail } } }',
  )
  expect(doctor.runsChecked).toBeGreaterThan(0)
  return doctor.violations
}

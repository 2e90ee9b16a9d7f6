import { PawlFault } from '../kit/errors.ts'
import type { Page, PageFields } from './types.ts'

/** Reads all items of a list, page by page as the loop goes on. */
export async function* readAll<Node>(
  readPage: (page: PageFields) => Promise<Page<Node>>,
  { first = 100, after }: PageFields = {},
): AsyncGenerator<Node, undefined> {
  for (;;) {
    const { nodes, pageInfo } = await readPage({ first, after })
    yield* nodes
    if (!pageInfo.hasNextPage || pageInfo.endCursor === null) return
    after = pageInfo.endCursor
  }
}

/**
 * Returns the run of a query's answer.
 *
 * @throws PawlFault with code `RUN_NOT_FOUND` if there is no such run.
 */
export function requireRun<Run>(runId: string, run: Run | null): Run {
  if (run) return run
  throw new PawlFault(`There is no run ${runId}`, 'RUN_NOT_FOUND')
}

/** The node of an answer if it is of this type; null if there is none, or one of another type. */
export function asType<Node extends { readonly __typename: string }, Name extends Node['__typename']>(
  node: Node | null,
  name: Name,
): Extract<Node, { readonly __typename: Name }> | null {
  return node?.__typename === name ? (node as Extract<Node, { readonly __typename: Name }>) : null
}

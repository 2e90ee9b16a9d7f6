import { PawlFault } from '../kit/errors.ts'
import type { Page, PageInfo } from './types.ts'

/** A connection of the schema. */
interface Connection<Node> {
  readonly edges: readonly { readonly node: Node }[]
  readonly pageInfo: PageInfo
}

/** A page of a list, from the connection that the server answered with. */
export function toPage<Node>({ edges, pageInfo }: Connection<Node>): Page<Node> {
  return { nodes: edges.map(({ node }) => node), pageInfo }
}

/**
 * The run that a query answered with.
 *
 * @throws PawlFault with code `RUN_NOT_FOUND` where there is no such run.
 */
export function requireRun<Run>(runId: string, run: Run | null): Run {
  if (run) return run
  throw new PawlFault(`There is no run ${runId}`, 'RUN_NOT_FOUND')
}

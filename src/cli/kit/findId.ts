import type { Pawl } from '@pawl/sdk'
import { isShortId } from '../terminal/shortId.ts'
import { safeText } from '../terminal/width.ts'
import { EXIT, UsageError } from './exitCodes.ts'

/** Something that has an id, and what it is called, if anything. */
interface Identified {
  readonly id: string
  readonly title?: string | null
}

/** How many matches are listed where several ids end as was typed. */
const MAX_LISTED = 5

/**
 * The id that a person means: what was typed, if it is whole, else the only one of `listed` that ends so. What ends none of them is returned
 * as it is: the server says what is wrong with it.
 *
 * @param listed everything that may be meant; read only if it is needed
 * @throws UsageError if several end so.
 */
export async function findId(
  typed: string,
  listed: (end: string) => AsyncIterable<Identified> | Iterable<Identified>,
): Promise<string> {
  const end = typed.toLowerCase()
  if (!isShortId(end)) return typed
  const found: Identified[] = []
  for await (const each of listed(end)) {
    if (each.id.endsWith(end)) found.push(each)
    if (found.length > MAX_LISTED) break
  }
  const [only, ...others] = found
  if (!only || others.length === 0) return only?.id ?? typed
  const lines = found.slice(0, MAX_LISTED).map(({ id, title }) => `${id}  ${safeText(title ?? '')}`.trimEnd())
  throw new UsageError(
    [`several ids end in ${end}: type more of it`, ...lines].join('\n'),
    EXIT.ambiguousRun,
    'AmbiguousId',
  )
}

/** `findId` for a run. */
export function findRunId({ runs }: Pick<Pawl, 'runs'>, typed: string): Promise<string> {
  return findId(typed, (text) => runs.all({ filter: { text } }))
}

/** Every row of a list that is read page by page. */
export async function* readPages<Row>(
  read: (page: { readonly first: number; readonly after: string | undefined }) => Promise<{
    readonly nodes: readonly Row[]
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
  }>,
): AsyncGenerator<Row, undefined> {
  let after: string | undefined
  for (;;) {
    const { nodes, pageInfo } = await read({ first: 200, after })
    yield* nodes
    if (!pageInfo.hasNextPage || pageInfo.endCursor === null) return
    after = pageInfo.endCursor
  }
}

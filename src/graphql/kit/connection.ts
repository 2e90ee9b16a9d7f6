import type { FieldMap, InterfaceRef, ObjectFieldBuilder, ObjectRef } from '@pothos/core'
import type { Page } from '../../store/sql/page.ts'
import { builder, type SchemaTypes } from './builder.ts'
import { failWith } from '../request/errors.ts'

/** Page sizes: the default and the maximum. */
export const PAGE = { default: 50, max: 500 } as const

/** Arguments of a list that is read from either end. */
export const FROM_EITHER_END = builder.args((t) => ({
  first: t.int({
    description: `Maximum number of items from the start: at most ${PAGE.max}; default ${PAGE.default}.`,
  }),
  after: t.string({ description: 'Only what comes after this cursor.' }),
  last: t.int({ description: `Maximum number of items from the end: at most ${PAGE.max}.` }),
  before: t.string({ description: 'Only what comes before this cursor.' }),
}))

/** One page of a list, following the Relay cursor specification. */
export interface Connection<Node> {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[]
  readonly pageInfo: PageInfo
}

interface PageInfo {
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
  readonly startCursor: string | null
  readonly endCursor: string | null
}

export const PageInfoRef = builder.objectRef<PageInfo>('PageInfo').implement({
  description: 'Position of a page in its list.',
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', { description: 'Whether more comes after the page.' }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', {
      description: 'Whether more comes before the page.',
    }),
    startCursor: t.exposeString('startCursor', {
      nullable: true,
      description: 'For `before`, to read what comes before.',
    }),
    endCursor: t.exposeString('endCursor', {
      nullable: true,
      description: 'For `after`, to read the next page.',
    }),
  }),
})

/** Declares `<Name>Connection` and `<Name>Edge`. */
export function connectionOf<Node, Shape extends Connection<Node> = Connection<Node>>(
  name: string,
  node: ObjectRef<SchemaTypes, Node> | InterfaceRef<SchemaTypes, Node>,
  more: (t: ObjectFieldBuilder<SchemaTypes, Shape>) => FieldMap = () => ({}),
) {
  const Edge = builder.objectRef<Connection<Node>['edges'][number]>(`${name}Edge`).implement({
    description: `A ${name} in a list.`,
    fields: (t) => ({
      cursor: t.exposeString('cursor', { description: 'The cursor of this item.' }),
      node: t.field({ type: node, description: 'The item.', resolve: (edge) => edge.node as never }),
    }),
  })
  return builder.objectRef<Shape>(`${name}Connection`).implement({
    description: 'One page of a list.',
    fields: (t) => ({
      nodes: t.field({
        type: [node],
        description: 'The items of the page, without their cursors.',
        complexity: { field: 1, multiplier: 1 },
        resolve: (page) => page.edges.map((edge) => edge.node) as never,
      }),
      edges: t.field({
        type: [Edge],
        description: 'The items of the page.',
        complexity: { field: 1, multiplier: 1 },
        resolve: ({ edges }) => [...edges],
      }),
      pageInfo: t.field({
        type: PageInfoRef,
        description: 'Position of the page.',
        resolve: ({ pageInfo }) => pageInfo,
      }),
      ...more(t),
    }),
  })
}

/** Converts a page to a connection, each item with its cursor. */
export function toConnection<Item, Node>(
  { items, hasNext, hasPrevious }: Page<Item>,
  cursorOf: (item: Item) => string,
  nodeOf: (item: Item) => Node,
): Connection<Node> {
  const edges = items.map((item) => ({ cursor: cursorOf(item), node: nodeOf(item) }))
  return {
    edges,
    pageInfo: {
      hasNextPage: hasNext,
      hasPreviousPage: hasPrevious,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  }
}

/** The arguments that say which page of a list is asked for. */
export interface PageArgs {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

type PageSize = Pick<PageArgs, 'first' | 'last'>

/** Complexity of a page: that of one entry, times the maximum number of entries. */
export function pageCost({ first, last }: PageSize): { field: number; multiplier: number } {
  const asked = first ?? last ?? PAGE.default
  return { field: 1, multiplier: Math.min(Math.max(asked, 1), PAGE.max) }
}

/**
 * Returns the page size and the end it counts from.
 *
 * @throws BAD_USER_INPUT for an invalid page size
 */
export function readPageSize({ first, last }: PageSize): { limit: number; fromEnd: boolean } {
  if (first != null && last != null)
    throw failWith('BAD_USER_INPUT', 'first and last were both given: ask for one end of the list.')
  const limit = first ?? last ?? PAGE.default
  if (limit < 0 || limit > PAGE.max)
    throw failWith('BAD_USER_INPUT', `A page has 0 to ${PAGE.max} entries, not ${limit}.`)
  return { limit, fromEnd: last != null }
}

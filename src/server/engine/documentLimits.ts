import { type DocumentNode, GraphQLError, Kind, parse, type SelectionSetNode, type Source } from 'graphql'

/** Limits of a document, for HTTP and WebSockets. The cost of lists is limited by the schema's complexity limits. */
export const DOCUMENT_LIMITS = {
  /** Characters of the document. */
  characters: 100_000,
  /** Lexical tokens. */
  tokens: 3000,
  /** Fields within fields. */
  depth: 20,
  /** Fields, aliases and `__typename` counted, fragments counted wherever they are spread. */
  fields: 3000,
  /** Top-level fields of the operation. */
  rootFields: 20,
  /** Fields below `__schema` and `__type`; a list counts ten times. */
  introspection: 100_000,
} as const

/** Size of a selection. */
interface SelectionSize {
  fields: number
  introspection: number
  depth: number
}

/** The lists of the introspection schema. */
const INTROSPECTION_LISTS = new Set([
  'types',
  'directives',
  'fields',
  'args',
  'inputFields',
  'enumValues',
  'interfaces',
  'possibleTypes',
])

/**
 * Parses a document within the limits. Throws a GraphQLError for a syntax error, and one with the code
 * `DOCUMENT_TOO_LARGE` for a document beyond a limit, before anything is validated.
 */
export function parseWithinLimits(source: string | Source): DocumentNode {
  const text = typeof source === 'string' ? source : source.body
  if (text.length > DOCUMENT_LIMITS.characters) throw tooLarge('characters', text.length)
  const document = parse(source, { maxTokens: DOCUMENT_LIMITS.tokens })
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    const sizer = createSizer(document)
    const rootFields = sizer.countRoots(definition.selectionSet)
    if (rootFields > DOCUMENT_LIMITS.rootFields) throw tooLarge('rootFields', rootFields)
    const size = sizer.weigh(definition.selectionSet, false)
    if (size.depth > DOCUMENT_LIMITS.depth) throw tooLarge('depth', size.depth)
    if (size.fields > DOCUMENT_LIMITS.fields) throw tooLarge('fields', size.fields)
    if (size.introspection > DOCUMENT_LIMITS.introspection)
      throw tooLarge('introspection', size.introspection)
  }
  return document
}

function tooLarge(limit: keyof typeof DOCUMENT_LIMITS, found: number): GraphQLError {
  return new GraphQLError(
    `The document exceeds the server's limits: ${limit} ${found}, at most ${DOCUMENT_LIMITS[limit]}.`,
    { extensions: { code: 'DOCUMENT_TOO_LARGE', http: { spec: true, status: 400 } } },
  )
}

/** Measures each fragment once, however often it is spread, so that the time is linear in the document. */
function createSizer(document: DocumentNode) {
  const fragments = new Map<string, SelectionSetNode>()
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION)
      fragments.set(definition.name.value, definition.selectionSet)
  }
  const known = {
    outside: new Map<SelectionSetNode, SelectionSize>(),
    inside: new Map<SelectionSetNode, SelectionSize>(),
  }
  const roots = new Map<SelectionSetNode, number>()

  /** @param isInside whether the selection is of the introspection schema */
  function measure(selectionSet: SelectionSetNode, isInside: boolean): SelectionSize {
    const memory = isInside ? known.inside : known.outside
    const before = memory.get(selectionSet)
    if (before) return before
    const total: SelectionSize = { fields: 0, introspection: 0, depth: 0 }
    // ends the recursion for a fragment that spreads itself, which validation refuses later
    memory.set(selectionSet, total)
    for (const selection of selectionSet.selections) {
      if (selection.kind !== Kind.FIELD) {
        const spread =
          selection.kind === Kind.INLINE_FRAGMENT
            ? selection.selectionSet
            : fragments.get(selection.name.value)
        if (spread) add(total, measure(spread, isInside))
        continue
      }
      const name = selection.name.value
      const below =
        selection.selectionSet && measure(selection.selectionSet, isInside || name.startsWith('__'))
      const times = isInside && INTROSPECTION_LISTS.has(name) ? 10 : 1
      add(total, {
        fields: 1 + (below?.fields ?? 0),
        introspection: (isInside ? 1 : 0) + times * (below?.introspection ?? 0),
        depth: 1 + (below?.depth ?? 0),
      })
    }
    return total
  }

  function countRoots(selectionSet: SelectionSetNode): number {
    const before = roots.get(selectionSet)
    if (before !== undefined) return before
    roots.set(selectionSet, 0)
    let count = 0
    for (const selection of selectionSet.selections) {
      if (selection.kind === Kind.FIELD) count += 1
      else if (selection.kind === Kind.INLINE_FRAGMENT) count += countRoots(selection.selectionSet)
      else
        count += countRoots(
          fragments.get(selection.name.value) ?? { kind: Kind.SELECTION_SET, selections: [] },
        )
    }
    roots.set(selectionSet, count)
    return count
  }

  return { weigh: measure, countRoots }
}

function add(total: SelectionSize, part: SelectionSize): void {
  total.fields += part.fields
  total.introspection += part.introspection
  total.depth = Math.max(total.depth, part.depth)
}

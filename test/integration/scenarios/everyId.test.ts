import {
  type GraphQLArgument,
  type GraphQLField,
  getNamedType,
  type GraphQLInputType,
  getNullableType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isObjectType,
  isUnionType,
} from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { schema } from '../../../src/graphql/schema.ts'
import { openStage, type Stage } from './stage.ts'

/** What is no id, and ids of another kind; the server shows what can't be stored as U+FFFD. */
const MALFORMED = [
  'nope',
  '',
  '7',
  'run_\0',
  'prn_01jd0000000000000000000000',
  'RUN_01JD0000000000000000000000',
]
const PREFIXES: { readonly [field: string]: string } = {
  runId: 'run',
  executionId: 'exe',
  sessionId: 'ses',
  workspaceId: 'wsp',
  parentRunId: 'run',
}

/** A place where a query takes an id: the field, and the path to the id below its arguments. */
interface Place {
  readonly name: string
  readonly path: readonly string[]
  readonly document: string
}

const QUERIES = Object.values(schema.getQueryType()?.getFields() ?? {})
const PLACES = QUERIES.flatMap(placesOf)

function placesOf(field: GraphQLField<unknown, unknown>): Place[] {
  const { name, args } = field
  return args.flatMap((arg) =>
    pathsOf(arg.name, arg.type).map((path) => ({ name, path, document: documentOf(field, arg) })),
  )
}

function pathsOf(name: string, type: GraphQLInputType): string[][] {
  const named = getNamedType(type)
  if (isInputObjectType(named))
    return Object.values(named.getFields()).flatMap((below) =>
      pathsOf(below.name, below.type).map((path) => [name, ...path]),
    )
  if (named.name !== 'ID') return []
  return [isListType(getNullableType(type)) ? [name, '0'] : [name]]
}

function documentOf({ name, type, args }: GraphQLField<unknown, unknown>, arg: GraphQLArgument): string {
  const of = getNamedType(type)
  const hasEdges = isObjectType(of) && 'edges' in of.getFields()
  const isComposite = isUnionType(of) || isInterfaceType(of) || isObjectType(of)
  const counts = isObjectType(of) && 'count' in of.getFields()
  const selection = hasEdges
    ? '{ edges { cursor } }'
    : counts
      ? '{ count }'
      : isComposite
        ? `{ __typename ${isUnionType(of) ? '... on NotFound { kind }' : ''} }`
        : ''
  const texts = args.some((other) => other.name === 'text') ? 'text: "abc", ' : ''
  return `query ($it: ${String(arg.type)}) { ${name}(${texts}${arg.name}: $it) ${selection} }`
}

/** The value of the argument with the id at its path. */
const withId = ([, ...path]: readonly string[], id: string): unknown =>
  path.reduceRight<unknown>((value, key) => (key === '0' ? [value] : { [key]: value }), id)

const unknownOf = ({ path }: Place) => `${PREFIXES[path.at(-1) ?? ''] ?? 'run'}_01jd0000000000000000000000`

let stage: Stage
beforeAll(async () => {
  stage = await openStage([])
})
afterAll(() => stage.end())

it('finds the queries that take ids', () => {
  const names = PLACES.map(({ name, path }) => [name, ...path].join('.'))
  expect(names).toEqual(
    expect.arrayContaining(['run.id', 'node.id', 'nodes.ids.0', 'verifyRun.id', 'resolveRun.input.runId']),
  )
})

describe.each(PLACES)('$name by $path', (place) => {
  it('answers a malformed id as one that does not exist: with nothing', async () => {
    const ask = (id: string) => stage.adam.read(place.document, { it: withId(place.path, id) })
    const unknown = await ask(unknownOf(place))
    expect([null, 'NotFound', 0]).toContain(sizeOf(unknown[place.name]))
    for (const id of MALFORMED) expect([id, await ask(id)]).toEqual([id, unknown])
  })
})

/** Nothing: null, no entries, no counted runs, or that it was not found. */
function sizeOf(answer: unknown): unknown {
  if (answer === null) return null
  if (Array.isArray(answer)) return answer.filter((each) => each !== null && each.count !== 0).length
  const { edges, __typename: type } = answer as { edges?: unknown[]; __typename?: string }
  return edges ? edges.length : type
}

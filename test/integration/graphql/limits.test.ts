import { readdirSync, readFileSync } from 'node:fs'
import { complexityFromQuery } from '@pothos/plugin-complexity'
import { type ConstValueNode, getIntrospectionQuery, Kind, parse, visit } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LIMITS } from '../../../src/graphql/kit/limits.ts'
import { schema } from '../../../src/graphql/schema.ts'
import { codesOf, openTestGraph, type TestGraph } from '../../support/graphql.ts'
import { begin } from '../../support/runs.ts'
import { SOLO } from '../../support/workflows.ts'

let graph: TestGraph

beforeAll(async () => {
  graph = await openTestGraph({ workflows: [SOLO] })
})
afterAll(() => graph.close())

const PAGE: ConstValueNode = { kind: Kind.INT, value: '500' }
const IDS: ConstValueNode = {
  kind: Kind.LIST,
  values: Array(500).fill({ kind: Kind.STRING, value: 'run_x' }),
}
/** The greatest value of each variable that says how much is asked for. */
const TEXT: ConstValueNode = { kind: Kind.STRING, value: 'what is searched' }
const GREATEST: Readonly<Record<string, ConstValueNode>> = { first: PAGE, last: PAGE, ids: IDS, text: TEXT }

const TOO_COMPLEX = ['QUERY_TOO_COMPLEX']
const deep = (levels: number) => `${'continues { '.repeat(levels)} id ${'} '.repeat(levels)}`

describe('the limits of an operation', () => {
  it('let the questions of clients through', async () => {
    await begin(graph)
    const list = `{ runs(first: 500) { totalCount edges { node { id title status reason isSettled isFinal allowedCommands outcome
      nextAction epoch revision asOf workflow { id name version } currentPhase { id key status error { message } nextPhases }
      lease { owner fence expiresAt isLive } labels createdAt } } pageInfo { hasNextPage endCursor } } }`
    expect((await graph.read(list)).runs.edges).toHaveLength(1)
    expect((await graph.read(getIntrospectionQuery())).__schema.types.length).toBeGreaterThan(100)
  })

  it('are judged by the variables of each request, of a known document too', async () => {
    const document = `query ($first: Int) { runs(first: $first) { edges { node {
      children(first: 500) { edges { node { id } } } } } } }`
    expect(codesOf(await graph.ask(document, { first: 2 }))).toEqual([])
    expect(codesOf(await graph.ask(document, { first: 500 }))).toEqual(TOO_COMPLEX)
    expect(codesOf(await graph.ask(document, { first: 2 }))).toEqual([])
  })

  it('let through what the SDK sends, pages of the greatest size too', () => {
    const folder = new URL('../../../schema/operations/', import.meta.url)
    const { definitions } = parse(
      readdirSync(folder)
        .map((file) => readFileSync(new URL(file, folder), 'utf8'))
        .join('\n'),
    )
    const operations = definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION)
    const fragments = definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION)
    expect(operations.length).toBeGreaterThan(30)
    for (const operation of operations) {
      // the plugin reads variables from the document: a page is asked for by a default
      const greatest = visit(operation, {
        VariableDefinition: (node) => {
          const type = node.type.kind === Kind.NON_NULL_TYPE ? node.type.type : node.type
          const defaultValue = GREATEST[node.variable.name.value]
          return { ...node, type, ...(defaultValue && { defaultValue }) }
        },
      })
      const found = complexityFromQuery(
        { kind: Kind.DOCUMENT, definitions: [greatest, ...fragments] },
        { schema },
      )
      const over = Object.entries(LIMITS).filter(([what, most]) => found[what as keyof typeof LIMITS] > most)
      expect([operation.name?.value, over]).toEqual([operation.name?.value, []])
    }
  })

  it('hold for depth', async () => {
    const ask = (levels: number) =>
      graph.ask(`{ run(id: "run_01jd0000000000000000000000") { ${deep(levels)} } }`)
    expect(codesOf(await ask(LIMITS.depth - 2))).toEqual([])
    const answer = await ask(LIMITS.depth - 1)
    expect(answer.data).toEqual({ run: null })
    expect(answer.errors).toMatchObject([
      {
        message: expect.stringMatching(/depth of 17; at most 16/),
        extensions: { code: 'QUERY_TOO_COMPLEX' },
      },
    ])
  })

  it('hold for floods of aliases, through fragments too', async () => {
    const flood = (count: number) =>
      Array.from({ length: count }, (_, index) => `f${index}: server { version }`).join(' ')
    expect(codesOf(await graph.ask(`{ ${flood(100)} }`))).toEqual([])
    expect(new Set(codesOf(await graph.ask(`{ ${flood(800)} }`)))).toEqual(new Set(TOO_COMPLEX))
    const spread = `{ ${'...A '.repeat(20)} } fragment A on Query { ${flood(50)} }`
    expect(new Set(codesOf(await graph.ask(spread)))).toEqual(new Set(TOO_COMPLEX))
  })

  it('count a page as often as it may have entries, by variables and from the end too', async () => {
    const nested = (first: number) =>
      `{ runs(first: ${first}) { edges { node { executions(first: ${first}) { edges { node { id command } } } } } } }`
    expect(codesOf(await graph.ask(nested(50)))).toEqual([])
    expect(codesOf(await graph.ask(nested(500)))).toEqual(TOO_COMPLEX)
    const byVariable = `query ($n: Int) { runs(last: $n) { edges { node { events(first: $n) { nodes { seq } } } } } }`
    expect(codesOf(await graph.ask(byVariable, { n: 20 }))).toEqual([])
    expect(codesOf(await graph.ask(byVariable, { n: 500 }))).toEqual(TOO_COMPLEX)
    const nodes =
      'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Run { events(first: 500) { nodes { seq } } } } }'
    const ids = Array.from({ length: 200 }, () => 'run_01jd0000000000000000000000')
    expect(codesOf(await graph.ask(nodes, { ids }))).toEqual(TOO_COMPLEX)
    expect(codesOf(await graph.ask(nodes, { ids: ids.slice(0, 50) }))).toEqual([])
  })

  it('hold for mutations, of which none is begun', async () => {
    const start = (index: number) =>
      `s${index}: startRun(input: { workflow: "solo", project: "flood" }) { __typename }`
    const flood = (count: number) =>
      `mutation { ${Array.from({ length: count }, (_, i) => start(i)).join(' ')} }`
    const total = '{ runs(filter: { project: "flood" }) { totalCount } }'
    const refused = await graph.ask(flood(61))
    expect(refused.data).toBeNull()
    expect(codesOf(refused)).toEqual(TOO_COMPLEX)
    expect(await graph.read(total)).toEqual({ runs: { totalCount: 0 } })
    expect(codesOf(await graph.ask(flood(20)))).toEqual([])
    expect(await graph.read(total)).toEqual({ runs: { totalCount: 20 } })
  })

  it('hold for subscriptions, before a stream begins', async () => {
    const { id } = await begin(graph)
    const subscribe = (fields: string) =>
      graph.follow(`subscription ($id: ID!) { runChanged(runId: $id) { run { ${fields} } } }`, { id })
    const refused = await subscribe(deep(20))
    expect(Symbol.asyncIterator in refused).toBe(false)
    expect(codesOf(refused as object)).toEqual(TOO_COMPLEX)
    expect(graph.signals.subscribers).toBe(0)
    const heavy = await subscribe(
      'executions(first: 500) { edges { node { run { events(first: 500) { nodes { seq } } } } } }',
    )
    expect(codesOf(heavy as object)).toEqual(TOO_COMPLEX)
  })
})

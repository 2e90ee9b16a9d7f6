import { ApolloClient, ApolloLink, InMemoryCache, Observable, gql as apolloGql } from '@apollo/client'
import { typePolicies, possibleTypes } from '@pawl/sdk/apollo'
import { introspection, possibleTypes as memberTypes, typeDefs } from '@pawl/sdk/schema'
import { createCacheConfig } from '@pawl/sdk/urql'
import { Client, fetchExchange, gql as urqlGql, subscriptionExchange } from '@urql/core'
import { cacheExchange } from '@urql/exchange-graphcache'
import { buildClientSchema, buildSchema, findBreakingChanges } from 'graphql'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { at } from './words.ts'

const RUN = '__typename id title status revision asOf lease { __typename owner } workflow { __typename id }'
const READ = `query Read { run(id: "run_01") { ${RUN} } }`
const FOLLOW = `subscription Follow { runChanged(runId: "run_01") { __typename revision run { ${RUN} } } }`

interface SeenRun {
  readonly status: string
  readonly revision: number
  readonly asOf: string
  readonly title: string | null
  readonly lease: { readonly owner: string } | null
}

function makeReading(revision: number, asOf: number, status: string, owner: string | null) {
  return {
    __typename: 'Run',
    id: 'run_01',
    title: `at ${revision}`,
    status,
    revision,
    asOf: at(asOf),
    lease: owner === null ? null : { __typename: 'Lease', owner },
    workflow: { __typename: 'Workflow', id: 'wfl_01' },
  }
}

/** What was read of one run, the last one last. */
const READINGS = [
  makeReading(1, 0, 'QUEUED', null),
  makeReading(2, 10, 'RUNNING', 'ann'),
  makeReading(2, 15, 'RUNNING', 'bob'),
  makeReading(3, 20, 'COMPLETED', null),
]

type Reading = ReturnType<typeof makeReading>

/** A cache that a program watches a run in, while the server sends what the test says. */
interface Watched {
  /** What the program was shown, by its query and by its subscription. */
  readonly shown: SeenRun[]
  /** What the cache holds now. */
  read(): SeenRun | undefined
  answer(reading: Reading): Promise<void>
  frame(reading: Reading): Promise<void>
  stop(): void
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

function watchByApollo(): Watched {
  const frames = new Set<(value: ApolloLink.Result) => void>()
  let answered: object = {}
  const link = new ApolloLink(
    ({ operationName }) =>
      new Observable((observer) => {
        const send = (value: ApolloLink.Result) => observer.next(value)
        if (operationName === 'Follow') {
          frames.add(send)
          return () => void frames.delete(send)
        }
        send({ data: { run: answered } })
        observer.complete()
      }),
  )
  const client = new ApolloClient({ link, cache: new InMemoryCache({ typePolicies, possibleTypes }) })
  const shown: SeenRun[] = []
  const query = apolloGql(READ)
  const watched = client
    .watchQuery<{ run: SeenRun }>({ query, fetchPolicy: 'cache-only' })
    .subscribe(({ data, dataState }) => {
      if (dataState === 'complete') shown.push(data.run)
    })
  const followed = client.subscribe({ query: apolloGql(FOLLOW) }).subscribe(() => {})
  return {
    shown,
    read: () => client.readQuery<{ run: SeenRun }>({ query })?.run,
    async answer(reading) {
      answered = reading
      await client.query({ query, fetchPolicy: 'network-only' })
      await settle()
    },
    async frame(reading) {
      for (const send of frames) send({ data: { runChanged: makeFrame(reading) } })
      await settle()
    },
    stop() {
      watched.unsubscribe()
      followed.unsubscribe()
      client.stop()
    },
  }
}

function watchByUrql(): Watched {
  const frames = new Set<(value: { data: object }) => void>()
  let answered: object = {}
  const client = new Client({
    url: 'http://127.0.0.1:1/graphql',
    preferGetMethod: false,
    fetch: () => Promise.resolve(Response.json({ data: { run: answered } })),
    exchanges: [
      cacheExchange(createCacheConfig()),
      subscriptionExchange({
        forwardSubscription: () => ({
          subscribe: (sink) => {
            const send = (value: { data: object }) => sink.next(value)
            frames.add(send)
            return { unsubscribe: () => frames.delete(send) }
          },
        }),
      }),
      fetchExchange,
    ],
  })
  const shown: SeenRun[] = []
  const query = urqlGql(READ)
  const watched = client
    .query<{ run: SeenRun }>(query, {}, { requestPolicy: 'cache-only' })
    .subscribe(({ data }) => {
      if (data?.run) shown.push(data.run)
    })
  const followed = client
    .subscription<{ runChanged: { run: SeenRun } }>(urqlGql(FOLLOW), {})
    .subscribe(({ data }) => {
      if (data) shown.push(data.runChanged.run)
    })
  return {
    shown,
    read: () => client.readQuery<{ run: SeenRun }>(query, {})?.data?.run,
    async answer(reading) {
      answered = reading
      const { error } = await client.query(query, {}, { requestPolicy: 'network-only' }).toPromise()
      if (error) throw error
      await settle()
    },
    async frame(reading) {
      for (const send of frames) send({ data: { runChanged: makeFrame(reading) } })
      await settle()
    },
    stop() {
      watched.unsubscribe()
      followed.unsubscribe()
    },
  }
}

function makeFrame(reading: Reading): object {
  return { __typename: 'RunFrame', revision: reading.revision, run: reading }
}

function permute<Item>(items: readonly Item[]): Item[][] {
  if (items.length === 0) return [[]]
  return items.flatMap((item, index) => permute(items.toSpliced(index, 1)).map((rest) => [item, ...rest]))
}

function expectNeverUnsettled({ shown }: Watched): void {
  expect(shown.map(({ status }) => status).join(' ')).not.toMatch(/COMPLETED.*(QUEUED|RUNNING)/)
}

const ORDERS = permute(READINGS).map((order) => ({
  order,
  told: order.map(({ title, asOf }) => `${title}, ${asOf.slice(-4)}`).join('; '),
}))

describe.each([
  ['Apollo', watchByApollo],
  ['urql', watchByUrql],
])('the cache of %s', (_, watch) => {
  it.each(ORDERS)('shows the last reading whatever the order of frames: $told', async ({ order }) => {
    const watched = watch()
    await watched.answer(READINGS[0]!)
    for (const [index, reading] of order.entries()) {
      await watched.frame(structuredClone(reading))
      const newest = READINGS.findLast((each) => order.slice(0, index + 1).includes(each))
      expect(watched.read()).toEqual(newest)
    }
    watched.stop()
    expectNeverUnsettled(watched)
  })

  it('does not un-settle a run by an answer that was on its way', async () => {
    const watched = watch()
    await watched.answer(READINGS[1]!)
    await watched.frame(structuredClone(READINGS[3]!))
    await watched.answer(READINGS[2]!)
    watched.stop()
    expectNeverUnsettled(watched)
    expect(watched.read()).toEqual(READINGS[3])
  })

  it('shows a resumed run, and what changes without a revision', async () => {
    const watched = watch()
    await watched.answer(READINGS[2]!)
    await watched.frame(structuredClone(READINGS[3]!))
    const resumed = makeReading(4, 30, 'QUEUED', null)
    await watched.frame(structuredClone(resumed))
    expect(watched.read()).toEqual(resumed)
    const later = { ...makeReading(4, 40, 'QUEUED', 'cy') }
    await watched.answer(later)
    watched.stop()
    expect(watched.read()).toEqual(later)
  })
})

describe('the cache of Apollo', () => {
  it('takes from an earlier answer what it knows from no later one, also after it was restored', () => {
    const makeCache = () => new InMemoryCache({ typePolicies, possibleTypes })
    const known = apolloGql('query Known { run(id: "run_01") { id revision asOf title } }')
    const more = apolloGql('query More { run(id: "run_01") { id revision asOf title status } }')
    const cache = makeCache()
    const write = (into: InMemoryCache, query: typeof known, run: object) =>
      into.writeQuery({ query, data: { run: { __typename: 'Run', id: 'run_01', ...run } } })
    write(cache, known, { revision: 5, asOf: at(50), title: 'new' })
    write(cache, more, { revision: 3, asOf: at(30), title: 'old', status: 'RUNNING' })
    expect(cache.readQuery({ query: more })).toMatchObject({
      run: { revision: 5, title: 'new', status: 'RUNNING' },
    })
    write(cache, more, { revision: 4, asOf: at(40), title: 'old', status: 'COMPLETED' })
    expect(cache.readQuery({ query: more })).toMatchObject({
      run: { revision: 5, title: 'new', status: 'COMPLETED' },
    })
    const restored = makeCache().restore(cache.extract())
    write(restored, known, { revision: 2, asOf: at(20), title: 'older' })
    expect(restored.readQuery({ query: known })).toMatchObject({ run: { title: 'new' } })
  })
})

describe('the schema for tools', () => {
  it('is the whole schema, as text and as the answer to introspection', () => {
    expect(typeDefs).toBe(readFileSync('schema/schema.graphql', 'utf8'))
    const [read, told] = [buildSchema(typeDefs), buildClientSchema(introspection)]
    expect([...findBreakingChanges(read, told), ...findBreakingChanges(told, read)]).toEqual([])
  })

  it('names the members of every union', () => {
    expect(memberTypes['StartRunResult']).toContain('StartRunSuccess')
    expect(memberTypes['Problem']).toContain('RunNotActive')
  })
})

import { ApolloClient, ApolloLink, gql, InMemoryCache, Observable } from '@apollo/client'
import { possibleTypes, typePolicies } from '@pawl/sdk/apollo'
import { introspection, possibleTypes as namedTypes, typeDefs } from '@pawl/sdk/schema'
import { createCacheConfig } from '@pawl/sdk/urql'
import { Client, subscriptionExchange } from '@urql/core'
import { cacheExchange } from '@urql/exchange-graphcache'
import { buildClientSchema, buildSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import { at, makeRun } from './words.ts'

const FRAME = gql`
  subscription Follow($id: ID!) {
    runChanged(runId: $id) {
      run {
        id
        revision
        asOf
        status
        isSettled
        settledAt
        lease {
          owner
          isLive
        }
      }
    }
  }
`
const READ = gql`
  query Read($id: ID!) {
    run(id: $id) {
      id
      status
      isSettled
    }
  }
`
const TITLE = gql`
  query Title($id: ID!) {
    run(id: $id) {
      id
      revision
      asOf
      title
    }
  }
`

const lease = { __typename: 'Lease', owner: 'wanda', isLive: true }
const running = makeFrame({ status: 'RUNNING', revision: 4, asOf: at(40), lease })
const settled = makeFrame({ status: 'COMPLETED', revision: 5, asOf: at(50), settledAt: at(50), lease: null })
/** The same revision, read later: what changes with time alone. */
const readAgain = makeFrame({
  status: 'COMPLETED',
  revision: 5,
  asOf: at(70),
  settledAt: at(50),
  lease: null,
})
/** Every order of the frames. */
const ORDERS = permute([
  running,
  settled,
  readAgain,
  makeFrame({ status: 'QUEUED', revision: 1, asOf: at(90) }),
])

/** A frame of the subscription above. */
function makeFrame(fields: object) {
  const { __typename, id, revision, asOf, status, isSettled, settledAt, lease: held } = makeRun(fields)
  const run = { __typename, id, revision, asOf, status, isSettled, settledAt, lease: held }
  return { runChanged: { __typename: 'RunFrame', run } }
}

function permute<Item>(items: readonly Item[]): Item[][] {
  if (items.length < 2) return [[...items]]
  return items.flatMap((item, index) => permute(items.toSpliced(index, 1)).map((rest) => [item, ...rest]))
}

/** What a program sees of the run after each frame, and what is known after the last one. */
interface Seen {
  readonly isSettled: boolean[]
  readonly status: unknown
}

const variables = { id: 'run_01' }

async function followByApollo(frames: readonly object[]): Promise<Seen> {
  const link = new ApolloLink(
    () =>
      new Observable((observer) => {
        for (const data of structuredClone(frames)) observer.next({ data: data as Record<string, unknown> })
        observer.complete()
      }),
  )
  const cache = new InMemoryCache({ typePolicies, possibleTypes })
  const client = new ApolloClient({ cache, link })
  const root = { run: { __typename: 'Run', id: 'run_01' } }
  cache.writeQuery({
    query: gql`
      query Read($id: ID!) {
        run(id: $id) {
          id
        }
      }
    `,
    data: root,
    variables,
  })
  const isSettled: boolean[] = []
  await new Promise<void>((resolve, reject) => {
    client.subscribe({ query: FRAME, variables }).subscribe({
      next: () => isSettled.push(readByApollo(cache).isSettled),
      error: reject,
      complete: resolve,
    })
  })
  return { isSettled, status: readByApollo(cache).status }
}

function readByApollo(cache: InMemoryCache): { isSettled: boolean; status: string } {
  const read = cache.readQuery<{ run: { isSettled: boolean; status: string } }>({ query: READ, variables })
  if (!read) throw new Error('the cache does not know the run')
  return read.run
}

/** A client of urql whose server sends these frames, and answers every query with the answer. */
function createUrql(frames: readonly object[], answer: object): Client {
  return new Client({
    url: 'http://pawl.invalid/graphql',
    preferGetMethod: false,
    exchanges: [
      cacheExchange(createCacheConfig()),
      subscriptionExchange({
        enableAllOperations: true,
        forwardSubscription: ({ query = '' }) => ({
          subscribe: (sink) => {
            const sent = query.startsWith('subscription') ? frames : [answer]
            for (const data of structuredClone(sent)) sink.next({ data })
            sink.complete()
            return { unsubscribe() {} }
          },
        }),
      }),
    ],
  })
}

async function followByUrql(frames: readonly object[]): Promise<Seen> {
  const client = createUrql(frames, { run: { __typename: 'Run', id: 'run_01' } })
  await client
    .query(
      gql`
        query Root($id: ID!) {
          run(id: $id) {
            id
          }
        }
      `,
      variables,
    )
    .toPromise()
  const isSettled: boolean[] = []
  const { promise, resolve, reject } = createDeferred()
  const following = client.subscription(FRAME, variables).subscribe(({ data, error, stale, hasNext }) => {
    if (error) return reject(error)
    isSettled.push((data as typeof settled).runChanged.run.isSettled)
    if (!stale && !hasNext) resolve()
  })
  await promise
  following.unsubscribe()
  const { data } = await client.query(READ, variables, { requestPolicy: 'cache-only' }).toPromise()
  return { isSettled, status: (data as { run: { status: string } } | undefined)?.run.status }
}

function createDeferred() {
  let resolve = () => {}
  let reject = (_error: unknown) => {}
  const promise = new Promise<void>((...settle) => ([resolve, reject] = settle))
  return { promise, resolve, reject }
}

describe.each([
  ['Apollo Client', followByApollo],
  ['urql with graphcache', followByUrql],
])('%s', (_, follow) => {
  it('never un-settles a run, in whatever order its frames arrive', async () => {
    for (const frames of ORDERS) {
      const { isSettled, status } = await follow(frames)
      // urql repeats the last frame when the stream is over
      expect(isSettled.length).toBeGreaterThanOrEqual(frames.length)
      expect(isSettled.lastIndexOf(false), JSON.stringify(frames)).toBeLessThan(
        isSettled.includes(true) ? isSettled.indexOf(true) : isSettled.length,
      )
      expect(status).toBe('COMPLETED')
    }
  })
})

describe('Apollo Client', () => {
  it('takes from an earlier answer what it knows from no later one, and never again lets it replace that', () => {
    const cache = new InMemoryCache({ typePolicies, possibleTypes })
    const write = (query: typeof TITLE, run: object) =>
      cache.writeQuery({ query, variables, data: { run: { __typename: 'Run', id: 'run_01', ...run } } })
    write(TITLE, { revision: 5, asOf: at(50), title: 'new' })
    const STATUS = gql`
      query Status($id: ID!) {
        run(id: $id) {
          id
          revision
          asOf
          status
          isSettled
          title
        }
      }
    `
    write(STATUS, { revision: 3, asOf: at(30), status: 'RUNNING', isSettled: false, title: 'old' })
    expect(cache.readQuery({ query: STATUS, variables })).toMatchObject({
      run: { revision: 5, status: 'RUNNING', title: 'new' },
    })
    write(STATUS, { revision: 4, asOf: at(40), status: 'COMPLETED', isSettled: true, title: 'old' })
    expect(cache.readQuery({ query: STATUS, variables })).toMatchObject({
      run: { revision: 5, status: 'COMPLETED', title: 'new' },
    })
    const restored = new InMemoryCache({ typePolicies, possibleTypes }).restore(cache.extract())
    restored.writeQuery({
      query: TITLE,
      variables,
      data: { run: { __typename: 'Run', id: 'run_01', revision: 2, asOf: at(20), title: 'older' } },
    })
    expect(restored.readQuery({ query: TITLE, variables })).toMatchObject({ run: { title: 'new' } })
  })
})

describe('the schema for tools', () => {
  it('is the same as text and as an answer to the introspection query', () => {
    const [fromText, fromAnswer] = [buildSchema(typeDefs), buildClientSchema(introspection)]
    expect(Object.keys(fromAnswer.getTypeMap()).toSorted()).toEqual(
      Object.keys(fromText.getTypeMap()).toSorted(),
    )
    expect(namedTypes['Node']).toContain('Run')
    expect(fromText.getQueryType()?.getFields()['run']?.description).toBeTruthy()
  })
})

import { createPawl, createRunStore, type RunDetail, type RunsChange } from '@pawl/sdk'
import { createGraphQLError } from 'graphql-yoga'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { findNews } from '../../../sdk/react/action.ts'
import { createRunFeed } from '../../../sdk/react/feed.ts'
import { keepEqual } from '../../../sdk/react/keepEqual.ts'
import { createLines } from '../../../sdk/react/lines.ts'
import { createLive, type Live } from '../../../sdk/react/live.ts'
import { createRunList } from '../../../sdk/react/runList.ts'
import { createRunReader } from '../../../sdk/react/runReader.ts'
import { startScriptedServer, type Script } from './scriptedServer.ts'
import { at, makeDetail, makeRun } from './words.ts'

const RETRY = { attempts: 2, minDelayMs: 1, maxDelayMs: 5 }
const stops: (() => void)[] = []
afterEach(() => stops.splice(0).forEach((stop) => stop()))

/** Listens as React does, until the test is over. */
function listen<State>(live: Live<State>): readonly State[] {
  const states: State[] = [live.get()]
  stops.push(live.subscribe(() => states.push(live.get())))
  return states
}

async function connect(script: Script) {
  const server = await startScriptedServer(script)
  onTestFinished(server.stop)
  return { server, pawl: createPawl({ url: server.url, token: 't', retry: RETRY, WebSocket: false }) }
}

const page = (nodes: readonly unknown[], hasNextPage = false, endCursor = 'end') => ({
  nodes,
  pageInfo: { hasNextPage, hasPreviousPage: false, startCursor: null, endCursor },
  feedCursor: 'here',
})
/** A whole run as the schema wants it of a resolver. */
const whole = (fields: Partial<RunDetail>) => ({ ...makeDetail(fields), __typename: 'Run' })
const change = (run: RunDetail | { id: string }, cursor = 'next'): RunsChange =>
  ({
    __typename: 'RunsChange',
    cursor,
    kind: 'revision' in run ? 'UPSERTED' : 'DELETED',
    runId: run.id,
    revision: 'revision' in run ? run.revision : 99,
    run: 'revision' in run ? run : null,
  }) as unknown as RunsChange
/** Waits as long as a busy machine may take. */
const until = <Value>(read: () => Value) => expect.poll(read, { timeout: 20_000 })
const forever = () => new Promise<never>(() => {})

describe('something that is kept up to date', () => {
  it('is worked for only while somebody listens, once however many do', async () => {
    let working = 0
    const live = createLive<number>(
      0,
      async (signal, update) => {
        working += 1
        update((count) => count + 1)
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        working -= 1
      },
      (state) => state,
    )
    expect(working).toBe(0)
    const [first, second] = [live.subscribe(() => {}), live.subscribe(() => {})]
    expect(working).toBe(1)
    first()
    // Taken off and put on again within one moment, as React does.
    second()
    const third = live.subscribe(() => {})
    await new Promise((resolve) => setTimeout(resolve))
    expect([working, live.get()]).toEqual([1, 1])
    third()
    await until(() => working).toBe(0)
    expect(live.get()).toBe(1)
  })

  it('reports what its work met', async () => {
    const live = createLive<unknown>(
      undefined,
      async () => Promise.reject(new Error('no')),
      (_, error) => error,
    )
    listen(live)
    await until(() => live.get()).toEqual(new Error('no'))
  })
})

describe('the feed', () => {
  it('follows changes into the store, from before anything is listed', async () => {
    const store = createRunStore()
    const { pawl } = await connect({
      Query: { runs: () => page([]) },
      Subscription: {
        runsChanged: {
          async *subscribe(_, { after }: { after: string }) {
            expect(after).toBe('here')
            yield change(whole({ id: 'run_01', revision: 3 }))
            yield change({ id: 'run_02' })
            await forever()
          },
        },
      },
    })
    const feed = createRunFeed(pawl, store)
    const states = listen(feed.connection)
    await feed.ready()
    await until(() => store.get('run_01')?.revision).toBe(3)
    expect(store.isDeleted('run_02')).toBe(true)
    expect(states.map(({ phase }) => phase)).toEqual(['CONNECTING', 'CONNECTED'])
  })

  it('reads all it holds again where its cursor has expired, and buries what is gone', async () => {
    const store = createRunStore()
    store.apply([makeRun({ id: 'run_01', revision: 2 }), makeRun({ id: 'run_02', revision: 2 })])
    let subscribed = 0
    let listed = 0
    const { pawl } = await connect({
      Query: {
        runs: () => {
          listed += 1
          return page(listed > 1 ? [whole({ id: 'run_03' })] : [])
        },
        nodes: (_, { ids }: { ids: string[] }) =>
          ids.map((id) => {
            if (id === 'run_02') return null
            return id === 'run_01'
              ? whole({ id, revision: 7, status: 'COMPLETED', asOf: at(9) })
              : whole({ id })
          }),
      },
      Subscription: {
        runsChanged: {
          async *subscribe() {
            subscribed += 1
            if (subscribed === 1)
              throw createGraphQLError('too old', { extensions: { code: 'CURSOR_EXPIRED' } })
            await forever()
            yield undefined
          },
        },
      },
    })
    const feed = createRunFeed(pawl, store)
    listen(feed.connection)
    await until(() => store.get('run_01')?.status).toBe('COMPLETED')
    await until(() => store.isDeleted('run_02')).toBe(true)
    await until(() => store.get('run_03')?.id).toBe('run_03')
    await until(() => feed.generation.get()).toBe(2)
  })

  it('polls while no stream comes about, and says so', async () => {
    const store = createRunStore()
    let revision = 1
    const { pawl, server } = await connect({
      Query: { runs: () => page([whole({ id: 'run_01', revision: (revision += 1) })]) },
      Subscription: {
        runsChanged: {
          async *subscribe() {
            yield await Promise.reject(createGraphQLError('not now', { extensions: { code: 'INTERNAL' } }))
          },
        },
      },
    })
    const feed = createRunFeed(pawl, store, { pollMs: 20 })
    const states = listen(feed.connection)
    await until(() => states.some(({ phase }) => phase === 'POLLING')).toBe(true)
    await until(() => store.get('run_01')?.revision ?? 0).toBeGreaterThan(4)
    expect(server.seen.requests).toBeGreaterThan(4)
  })

  it('stops where the server does not take the caller, until it is started again', async () => {
    const store = createRunStore()
    let isKnown = false
    const { pawl, server } = await connect({
      Query: {
        runs: () => {
          if (!isKnown) throw createGraphQLError('who?', { extensions: { code: 'UNAUTHENTICATED' } })
          return page([])
        },
      },
      Subscription: {
        runsChanged: {
          async *subscribe() {
            yield change(whole({ id: 'run_01' }))
            await forever()
          },
        },
      },
    })
    const feed = createRunFeed(pawl, store, { pollMs: 10 })
    const states = listen(feed.connection)
    await until(() => states.at(-1)?.phase).toBe('REFUSED')
    const { requests } = server.seen
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(server.seen.requests).toBe(requests)
    isKnown = true
    feed.restart()
    await until(() => states.at(-1)?.phase).toBe('CONNECTED')
    await until(() => store.get('run_01')?.id).toBe('run_01')
  })
})

describe('a list', () => {
  it('is read page by page, and changes with the store', async () => {
    const store = createRunStore()
    const { pawl } = await connect({
      Query: {
        runs: (_, { first, after }: { first: number; after?: string }) => {
          if (first === 1) return page([])
          return after === undefined
            ? page([whole({ id: 'run_03' }), whole({ id: 'run_02' })], true, 'two')
            : page([whole({ id: 'run_01' })])
        },
      },
      Subscription: {
        runsChanged: {
          async *subscribe() {
            await forever()
            yield undefined
          },
        },
      },
    })
    const list = createRunList(pawl, createRunFeed(pawl, store), {
      filter: { statuses: ['QUEUED'] },
      pageSize: 2,
    })
    listen(list)
    const ids = () => list.get().runs.map(({ id }) => id)
    await until(ids).toEqual(['run_02', 'run_03'])
    await until(() => list.get().hasMore && !list.get().isLoading).toBe(true)
    const before = list.get().runs
    store.apply(makeRun({ id: 'run_09', status: 'FAILED' }))
    expect(list.get().runs).toBe(before)
    store.apply(makeRun({ id: 'run_02', status: 'RUNNING', revision: 5 }))
    expect(ids()).toEqual(['run_03'])
    list.loadMore()
    await until(ids).toEqual(['run_01', 'run_03'])
    expect(list.get().hasMore).toBe(false)
    list.loadMore()
  })
})

describe('a run', () => {
  it('is read whole after each of its revisions, and never goes back', async () => {
    const store = createRunStore()
    let revision = 1
    const { pawl } = await connect({
      Query: {
        run: () => whole({ revision, asOf: at(revision), status: revision > 2 ? 'COMPLETED' : 'RUNNING' }),
      },
      Subscription: {
        runChanged: {
          async *subscribe() {
            await forever()
            yield undefined
          },
        },
      },
    })
    const reader = createRunReader(pawl, store, 'run_01')
    const states = listen(reader)
    await until(() => reader.get().detail?.revision).toBe(1)
    revision = 3
    store.apply(makeRun({ revision: 3, status: 'COMPLETED', asOf: at(3) }))
    await until(() => reader.get().detail?.revision).toBe(3)
    store.apply(makeRun({ revision: 2, status: 'RUNNING', asOf: at(2) }))
    expect(store.get('run_01')?.status).toBe('COMPLETED')
    expect(states.map(({ detail }) => detail?.revision ?? 0)).toEqual(
      states.map(({ detail }) => detail?.revision ?? 0).toSorted(),
    )
  })

  it('is read again when its lease was to end', async () => {
    const store = createRunStore()
    let read = 0
    const { pawl } = await connect({
      Query: {
        run: () => {
          read += 1
          const lease = { owner: 'a', fence: 1, expiresAt: at(50), isLive: read === 1 }
          return whole({ revision: 4, asOf: at(read), status: 'RUNNING', lease })
        },
      },
      Subscription: {
        runChanged: {
          async *subscribe() {
            await forever()
            yield undefined
          },
        },
      },
    })
    const reader = createRunReader(pawl, store, 'run_01')
    listen(reader)
    await until(() => store.get('run_01')?.lease?.isLive).toBe(false)
    expect(read).toBe(2)
  })

  it('that is not there is missing', async () => {
    const { pawl } = await connect({ Query: { run: () => null } })
    const store = createRunStore()
    const reader = createRunReader(pawl, store, 'run_01')
    listen(reader)
    await until(() => reader.get().isMissing).toBe(true)
    expect(store.isDeleted('run_01')).toBe(true)
  })
})

describe('lines', () => {
  it('are gathered in order, and gone on with where they were left', async () => {
    const asked: number[] = []
    const lines = createLines<{ seq: number }>(({ after, signal }) =>
      (async function* () {
        asked.push(after)
        for (let seq = after + 1; seq <= after + 3; seq += 1) yield { seq }
        await new Promise((resolve) => signal?.addEventListener('abort', resolve))
      })(),
    )
    const stop = lines.subscribe(() => {})
    await until(() => lines.get().items.length).toBe(3)
    stop()
    await new Promise((resolve) => setTimeout(resolve, 5))
    listen(lines)
    await until(() => lines.get().items.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6])
    expect(asked).toEqual([0, 3])
  })

  it('are over with their stream', async () => {
    const lines = createLines<{ seq: number }>(() =>
      (async function* () {
        yield { seq: 1 }
      })(),
    )
    listen(lines)
    await until(() => lines.get()).toMatchObject({ items: [{ seq: 1 }], isOver: true, isLive: false })
  })
})

describe('an answer', () => {
  it('brings every run that stands in it', () => {
    const [run, other] = [makeRun({ id: 'run_01' }), makeRun({ id: 'run_02' })]
    const answer = { __typename: 'CancelRunSuccess', run, childrenLeft: [other], hasChanged: true }
    expect(findNews(answer)).toEqual([run, other])
    expect(findNews({ __typename: 'ConcurrencyConflict', holder: other } as never)).toEqual([other])
    expect(findNews({ __typename: 'DeleteRunSuccess', runId: 'run_01' } as never)).toMatchObject([
      { kind: 'DELETED', runId: 'run_01' },
    ])
  })
})

describe('a second reading', () => {
  const first = {
    nodes: [
      { id: 'a', of: { x: 1 } },
      { id: 'b', of: { x: 2 } },
    ],
    error: undefined,
  }
  const again = <Value>(value: Value): Value => structuredClone(value)

  it('is the first one where nothing is different', () => {
    expect(keepEqual(first, again(first))).toBe(first)
  })

  it('keeps the objects that are equal, wherever they are now, and is what was read', () => {
    const read = {
      ...again(first),
      nodes: [
        { id: 'c', of: { x: 3 } },
        { id: 'b', of: { x: 2 } },
        { id: 'a', of: { x: 9 } },
      ],
    }
    const kept = keepEqual(first, again(read))
    expect(kept).toEqual(read)
    expect(kept.nodes[1]).toBe(first.nodes[1])
    expect(kept.nodes[2]).not.toBe(first.nodes[0])
  })

  it.each([[undefined], [null], ['text'], [[1, 2]]])('takes the place of %o', (old) => {
    expect(keepEqual<unknown>(old, first)).toEqual(first)
    expect(keepEqual<unknown>(first, old)).toEqual(old)
  })
})

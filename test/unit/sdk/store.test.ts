import { createRunStore } from '@pawl/sdk'
import type { Run, RunFrame, RunNews, RunStore } from '@pawl/sdk'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { at, makeRun } from './words.ts'

/** A frame as `runs.watch` yields it. */
function makeNews(revision: number, asOf: number, fields: Partial<RunFrame> = {}): RunFrame {
  const { __typename: _, ...run } = makeRun({ status: 'RUNNING', revision, asOf: at(asOf) })
  const { status, reason, epoch, isSettled, isFinal } = run
  const frame = {
    runId: run.id,
    status,
    reason,
    epoch,
    revision,
    asOf: run.asOf,
    isSettled,
    isFinal,
    phase: null,
  }
  return { __typename: 'RunFrame', ...frame, ...fields }
}

function feed(news: Iterable<RunNews>): RunStore {
  const store = createRunStore()
  for (const one of news) store.apply(one)
  return store
}

describe('the run store', () => {
  it('knows nothing before it is told', () => {
    const store = createRunStore()
    expect(store.get('run_01')).toBeUndefined()
    expect(store.all()).toEqual([])
  })

  it('does not un-settle a run that an old frame says is running (G2)', () => {
    const store = feed([
      makeRun({ status: 'COMPLETED', revision: 9 }),
      makeNews(8, 500),
      makeRun({ status: 'RUNNING', revision: 7 }),
    ])
    expect(store.get('run_01')).toMatchObject({ status: 'COMPLETED', revision: 9, isSettled: true })
  })

  it('takes what was read later where nothing but time has passed', () => {
    const lease = { owner: 'w', fence: 1, expiresAt: at(100), isLive: true }
    const late = makeRun({ asOf: at(200), lease: { ...lease, isLive: false } })
    const early = makeRun({ asOf: at(50), lease })
    expect(feed([late, early]).get('run_01')).toEqual(feed([early, late]).get('run_01'))
    expect(feed([late, early]).get('run_01')?.lease?.isLive).toBe(false)
  })

  it('compares times whose fractions have different lengths', () => {
    const early = makeRun({ asOf: '2026-01-01T00:00:00.12Z', title: 'early' })
    const late = makeRun({ asOf: '2026-01-01T00:00:00.1234Z', title: 'late' })
    const whole = makeRun({ asOf: '2026-01-01T00:00:00Z', title: 'whole' })
    expect(feed([late, early, whole]).get('run_01')?.title).toBe('late')
    expect(feed([whole, early]).get('run_01')?.title).toBe('early')
  })

  it('merges a frame by field, and keeps what it does not speak of', () => {
    const store = feed([
      makeRun({ title: 'PR 31', revision: 3 }),
      makeNews(5, 0, { status: 'PAUSED', phase: 'analysis' }),
    ])
    expect(store.get('run_01')).toMatchObject({
      title: 'PR 31',
      status: 'PAUSED',
      phase: 'analysis',
      revision: 5,
    })
  })

  it('tells the phase alike from runs and from frames', () => {
    const currentPhase = { key: 'context' } as Run['currentPhase']
    expect(feed([makeRun({ currentPhase, revision: 1 })]).get('run_01')?.phase).toBe('context')
    expect(
      feed([makeRun({ currentPhase, revision: 1 }), makeNews(2, 0, { phase: 'analysis' })]).get('run_01')
        ?.phase,
    ).toBe('analysis')
  })

  it('takes the whole run out of a frame that carries it', () => {
    expect(
      feed([makeNews(4, 0, { run: makeRun({ title: 'PR 31', revision: 4 }) })]).get('run_01')?.title,
    ).toBe('PR 31')
  })

  it('forgets a deleted run, whatever comes late', () => {
    const deletion = {
      __typename: 'RunsChange',
      kind: 'DELETED',
      cursor: 'c',
      runId: 'run_01',
      revision: 9,
      run: null,
    } as const
    const store = feed([makeRun(), deletion, makeRun({ revision: 99 }), makeNews(100, 0)])
    expect(store.get('run_01')).toBeUndefined()
    expect(store.isDeleted('run_01')).toBe(true)
    expect(store.all()).toEqual([])
  })

  it('takes the run out of a change of the feed', () => {
    const run = makeRun({ id: 'run_07' })
    const store = feed([
      { __typename: 'RunsChange', kind: 'UPSERTED', cursor: 'c', runId: 'run_07', revision: 1, run },
    ])
    expect(store.get('run_07')?.status).toBe('QUEUED')
  })

  it('lists runs by id, in the order of their creation', () => {
    const store = feed(['run_03', 'run_01', 'run_02'].map((id) => makeRun({ id })))
    expect(store.all().map((run) => run.id)).toEqual(['run_01', 'run_02', 'run_03'])
  })

  describe('as something to observe', () => {
    it('gives the same objects as long as nothing is different', () => {
      const store = feed([makeRun({ labels: ['a'] }), makeRun({ id: 'run_02' })])
      const [run, all] = [store.get('run_01'), store.all()]
      expect(store.apply(makeRun({ labels: ['a'] }))).toBe(false)
      expect(store.apply(makeNews(0, 0, { status: 'FAILED' }))).toBe(false)
      expect(store.get('run_01')).toBe(run)
      expect(store.all()).toBe(all)
    })

    it('keeps the objects inside a run that are equal, though others changed', () => {
      const store = feed([makeRun({ labels: ['a'], revision: 1 })])
      const before = store.get('run_01')
      expect(store.apply(makeRun({ labels: ['a'], title: 'new', revision: 2 }))).toBe(true)
      expect(store.get('run_01')).not.toBe(before)
      expect(store.get('run_01')?.labels).toBe(before?.labels)
      expect(store.get('run_01')?.workflow).toBe(before?.workflow)
    })

    it('tells those who listen to the run, and those who listen to all, once for each apply', () => {
      const store = createRunStore()
      const [all, one, other] = [vi.fn<() => void>(), vi.fn<() => void>(), vi.fn<() => void>()]
      store.subscribe(all)
      store.subscribe('run_01', one)
      store.subscribe('run_02', other)
      store.apply([makeRun({ revision: 1 }), makeRun({ revision: 2, title: 'new' })])
      store.apply(makeRun({ revision: 1 }))
      expect([all, one, other].map((listener) => listener.mock.calls.length)).toEqual([1, 1, 0])
    })

    it('reports a deletion', () => {
      const store = feed([makeRun()])
      const listener = vi.fn<() => void>()
      store.subscribe('run_01', listener)
      store.apply({
        __typename: 'RunsChange',
        kind: 'DELETED',
        cursor: 'c',
        runId: 'run_01',
        revision: 2,
        run: null,
      })
      expect(listener).toHaveBeenCalledOnce()
    })

    it('tells nobody who has left, and those who stay', () => {
      const store = createRunStore()
      const listener = vi.fn<() => void>()
      const [leave, leaveAll] = [store.subscribe('run_01', listener), store.subscribe(listener)]
      store.subscribe('run_01', listener)
      leave()
      leaveAll()
      leave()
      store.apply(makeRun())
      expect(listener).toHaveBeenCalledOnce()
    })
  })
})

/** A field of a run that time or revisions change, with few values, so that collisions are common. */
const values = {
  title: fc.constantFrom(null, 'a', 'b'),
  status: fc.constantFrom<Run['status'][]>('QUEUED', 'RUNNING', 'COMPLETED', 'FAILED'),
  labels: fc.subarray(['x', 'y']),
  lease: fc.constantFrom(
    null,
    { owner: 'w', fence: 1, expiresAt: null, isLive: true },
    { owner: 'w', fence: 1, expiresAt: null, isLive: false },
  ),
}

/** Some fields of one of two runs, read at one of a few moments: whole, partial, contradicting each other, deleted. */
const arbitraryNews: fc.Arbitrary<RunNews> = fc
  .record({
    id: fc.constantFrom('run_01', 'run_02'),
    revision: fc.integer({ min: 1, max: 4 }),
    asOf: fc.integer({ min: 0, max: 2 }).map(at),
    fields: fc.record(values, { requiredKeys: [] }),
    isDeletion: fc.integer({ min: 0, max: 19 }).map((chance) => chance === 0),
  })
  .map(({ id, revision, asOf, fields, isDeletion }) =>
    isDeletion
      ? { __typename: 'RunsChange', kind: 'DELETED', cursor: 'c', runId: id, revision, run: null }
      : { __typename: 'Run', id, revision, asOf, ...fields },
  )

function inspect(store: RunStore) {
  return { all: store.all(), deleted: ['run_01', 'run_02'].filter((id) => store.isDeleted(id)) }
}

describe('merging', () => {
  it('comes to the same whatever the order and however often each piece comes', () => {
    const shuffled = fc
      .array(arbitraryNews, { maxLength: 20 })
      .chain((news) =>
        fc.tuple(fc.constant(news), fc.shuffledSubarray([...news, ...news], { minLength: news.length * 2 })),
      )
    fc.assert(
      fc.property(shuffled, ([news, doubled]) => {
        expect(inspect(feed(doubled))).toEqual(inspect(feed(news)))
      }),
      { numRuns: 500 },
    )
  })

  it('is associative: stores may be merged in any grouping', () => {
    const three = fc.tuple(fc.array(arbitraryNews), fc.array(arbitraryNews), fc.array(arbitraryNews))
    fc.assert(
      fc.property(three, ([a, b, c]) => {
        const grouped = createRunStore()
        grouped.apply(a)
        grouped.apply([...b, ...c])
        expect(inspect(grouped)).toEqual(inspect(feed([...a, ...b, ...c])))
      }),
    )
  })

  it('keeps of each field what was read last', () => {
    fc.assert(
      fc.property(fc.array(arbitraryNews, { maxLength: 20 }), (news) => {
        const store = feed(news)
        for (const { id, ...run } of store.all()) {
          const readings = news.filter((one) => one.__typename === 'Run').filter((one) => one.id === id)
          const stamps = readings.map(({ revision, asOf }) => `${revision} ${asOf}`).toSorted()
          expect(`${run.revision} ${run.asOf}`).toBe(stamps.at(-1))
          for (const field of ['title', 'status', 'labels', 'lease'] as const) {
            const told = readings.filter((one) => field in one)
            const last = told
              .map(({ revision, asOf }) => `${revision} ${asOf}`)
              .toSorted()
              .at(-1)
            const candidates = told
              .filter(({ revision, asOf }) => `${revision} ${asOf}` === last)
              .map((one) => one[field])
            if (candidates.length > 0) expect(candidates).toContainEqual(run[field])
            else expect(run).not.toHaveProperty(field)
          }
        }
      }),
      { numRuns: 500 },
    )
  })

  it('never shows an older revision after a newer one, on the way there', () => {
    fc.assert(
      fc.property(fc.array(arbitraryNews, { maxLength: 20 }), (news) => {
        const store = createRunStore()
        let last = 0
        for (const one of news) {
          store.apply(one)
          const revision = store.get('run_01')?.revision
          if (revision === undefined) continue
          expect(revision).toBeGreaterThanOrEqual(last)
          last = revision
        }
      }),
    )
  })

  it('tells those who listen exactly when what they see is another object', () => {
    fc.assert(
      fc.property(fc.array(arbitraryNews, { maxLength: 20 }), (news) => {
        const store = createRunStore()
        let calls = 0
        store.subscribe('run_01', () => (calls += 1))
        for (const one of news) {
          const [before, callsBefore] = [store.get('run_01'), calls]
          store.apply(one)
          expect(calls - callsBefore).toBe(before === store.get('run_01') ? 0 : 1)
        }
      }),
    )
  })
})

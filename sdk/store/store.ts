import { compareStamps, compareTexts } from '../kit/stamp.ts'
import type { Stamp } from '../kit/stamp.ts'
import type { Run, RunFrame, RunsChange } from '../request/types.ts'

/** The known fields of a run. A run known only from frames has only the fields of frames. */
export type StoredRun = Readonly<
  Partial<Omit<Run, '__typename' | 'id' | 'revision' | 'asOf'>> & {
    id: string
    /** The greatest revision applied. */
    revision: number
    /** The database's clock at the last reading of that revision. */
    asOf: string
    /** Key of the current phase, from runs and frames alike. */
    phase?: string | null
  }
>

/** A run or some of its fields, a frame of `runs.watch`, or a change of the feed. */
export type RunNews = PartialRun | RunFrame | RunsChange

type PartialRun = Partial<Run> & Pick<Run, '__typename' | 'id' | 'revision' | 'asOf'>

/** An observable store of runs, updated by polls and streams in any order. */
export interface RunStore {
  /** Merges one or many readings and notifies each affected listener once. Returns whether anything changed. */
  apply(news: RunNews | readonly RunNews[]): boolean
  /** The known fields of a run; the same object until something changes. Undefined if unknown or deleted. */
  get(runId: string): StoredRun | undefined
  /** Every run, ordered by id, which is the order of creation; the same array until something changes. */
  all(): readonly StoredRun[]
  /** Whether the run was deleted. */
  isDeleted(runId: string): boolean
  /**
   * Calls the listener after every change, or after every change of one run. Returns the function that unsubscribes.
   */
  subscribe(listener: () => void): () => void
  subscribe(runId: string, listener: () => void): () => void
}

/** A field's value and when it was read. */
interface Cell {
  readonly stamp: Stamp
  readonly value: unknown
}

interface Entry {
  stamp: Stamp
  cells: Map<string, Cell>
  snapshot: StoredRun
}

const STAMP_FIELDS = new Set(['__typename', 'id', 'revision', 'asOf'])

/**
 * Creates a store that keeps each field's value from the greatest (revision, asOf), and never stores a deleted run
 * again. This makes merging commutative, associative and idempotent: no order of arrival shows an older status after a
 * newer one.
 */
export function createRunStore(): RunStore {
  const entries = new Map<string, Entry>()
  const deleted = new Set<string>()
  const listeners = new Set<() => void>()
  const listenersByRun = new Map<string, Set<() => void>>()
  let sorted: readonly StoredRun[] | undefined

  function applyOne(news: RunNews, changed: Set<string>): void {
    switch (news.__typename) {
      case 'Run':
        return merge(news.id, news, news.currentPhase === undefined ? news : withPhase(news), changed)
      case 'RunFrame': {
        const { runId, run, ...fields } = news
        merge(runId, news, fields, changed)
        if (run) applyOne(run, changed)
        return
      }
      case 'RunsChange':
        if (news.kind === 'DELETED') bury(news.runId, changed)
        else if (news.run) applyOne(news.run, changed)
    }
  }

  function merge(id: string, { revision, asOf }: Stamp, fields: object, changed: Set<string>): void {
    if (deleted.has(id)) return
    const stamp = { revision, asOf }
    const known = entries.get(id)
    const entry = known ?? { stamp, cells: new Map<string, Cell>(), snapshot: { id, revision, asOf } }
    let isDifferent = !known
    if (compareStamps(stamp, entry.stamp) > 0) {
      entry.stamp = stamp
      isDifferent = true
    }
    for (const [name, value] of Object.entries(fields)) {
      if (value === undefined || STAMP_FIELDS.has(name)) continue
      const old = entry.cells.get(name)
      if (old && !isNewer(stamp, value, old)) continue
      const isSame = old !== undefined && compareValues(value, old.value) === 0
      // An equal value keeps its object, so that views can compare by identity.
      entry.cells.set(name, { stamp, value: isSame ? old.value : value })
      isDifferent ||= !isSame
    }
    entries.set(id, entry)
    if (!isDifferent) return
    entry.snapshot = takeSnapshot(id, entry)
    changed.add(id)
  }

  function bury(id: string, changed: Set<string>): void {
    deleted.add(id)
    if (entries.delete(id)) changed.add(id)
  }

  function notify(changed: ReadonlySet<string>): void {
    const told = [...changed].flatMap((id) => [...(listenersByRun.get(id) ?? [])])
    for (const listener of [...told, ...listeners]) {
      try {
        listener()
      } catch (error) {
        // The other listeners are still called; the error surfaces as uncaught.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }

  function subscribe(...given: [() => void] | [string, () => void]): () => void {
    const [runId, listener] = given.length === 1 ? [undefined, given[0]] : given
    // A new wrapper each time, so that a listener subscribed twice is called twice and unsubscribed separately.
    const wrapper = () => listener()
    if (runId === undefined) {
      listeners.add(wrapper)
      return () => void listeners.delete(wrapper)
    }
    const own = listenersByRun.get(runId) ?? new Set()
    listenersByRun.set(runId, own.add(wrapper))
    return () => {
      own.delete(wrapper)
      if (own.size === 0 && listenersByRun.get(runId) === own) listenersByRun.delete(runId)
    }
  }

  return {
    apply(news) {
      const changed = new Set<string>()
      for (const one of isList(news) ? news : [news]) applyOne(one, changed)
      if (changed.size === 0) return false
      sorted = undefined
      notify(changed)
      return true
    },
    get: (runId) => entries.get(runId)?.snapshot,
    all: () => (sorted ??= [...entries.values()].map(({ snapshot }) => snapshot).toSorted(compareIds)),
    isDeleted: (runId) => deleted.has(runId),
    subscribe,
  }
}

function isList(news: RunNews | readonly RunNews[]): news is readonly RunNews[] {
  return Array.isArray(news)
}

function withPhase(run: PartialRun): PartialRun & { phase: string | null } {
  return { ...run, phase: run.currentPhase?.key ?? null }
}

function takeSnapshot(id: string, { stamp, cells }: Entry): StoredRun {
  const fields = Object.fromEntries([...cells].map(([name, { value }]) => [name, value]))
  return { ...fields, id, ...stamp }
}

/**
 * Differing readings with the same stamp are ordered by their JSON text, so that the order of arrival does not matter.
 */
function isNewer(stamp: Stamp, value: unknown, old: Cell): boolean {
  return (compareStamps(stamp, old.stamp) || compareValues(value, old.value)) > 0
}

function compareValues(a: unknown, b: unknown): number {
  return Object.is(a, b) ? 0 : compareTexts(JSON.stringify(a), JSON.stringify(b))
}

function compareIds(a: StoredRun, b: StoredRun): number {
  return compareTexts(a.id, b.id)
}

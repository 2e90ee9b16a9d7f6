import { LRUCache } from 'lru-cache'
import { attachedChildren, type Family, NO_FAMILY } from '../../lifecycle/run/family.ts'
import type { Instant, Run } from '../../lifecycle/run/run.ts'
import { presentOf } from '../rows/presentOf.ts'
import type { Store } from '../sql/openStore.ts'
import type { LoadedForDecision, Lookup } from './loadForDecision.ts'
import type { RunBatches } from './runBatches.ts'

/** A run recalled for a decision. */
export interface RecalledRun extends LoadedForDecision {
  /** False once the database may be another one: a decision on the run must then not be written. */
  readonly stillHolds: () => boolean
}

/** Batches whose runs are remembered once they are written. */
export interface RememberedRuns extends RunBatches {
  /**
   * Returns a run as this server last wrote it, instead of a load, and forgets it until it is written again; null if it must be loaded.
   * What it says may be out of date, and it knows nothing of idempotency keys: only an accepted change may be decided on it, because
   * that is written only if the run's revision is still the same.
   */
  recall(lookup: Lookup): Promise<RecalledRun | null>
}

/** Maximum size of all remembered runs, in characters of their JSON. */
const MAX_SIZE = 8 * 1_048_576
/** Maximum size of a remembered run. */
const MAX_RUN = 256 * 1024

/** Remembers what is written by batches: active runs that depend on no relatives, whose changes
 * would not be seen in the run's revision. */
export function rememberRuns(batches: RunBatches, store: Store): RememberedRuns {
  const written = new LRUCache<string, { readonly run: Run; readonly at: Instant }>({
    maxSize: MAX_SIZE,
    maxEntrySize: MAX_RUN,
    sizeCalculation: ({ run }) => JSON.stringify(run).length,
  })
  const clock = openClock()
  // after a failover, the same revision of a run may be another one
  let database = {}
  store.onLost(() => {
    database = {}
    written.clear()
  })

  const keep = (run: Run, at: Instant, writtenTo: object) => {
    if (writtenTo === database && run.settledAt === null && run.parentId === null)
      written.set(run.id, { run: presentOf(run), at })
  }

  return {
    ...batches,
    async load(lookup) {
      const loaded = await batches.load(lookup)
      if (loaded) clock.set(loaded.now)
      return loaded
    },
    async loadForStart(lookup) {
      const loaded = await batches.loadForStart(lookup)
      clock.set(loaded.now)
      return loaded
    },
    async recall({ runId, namedId }) {
      const decidedOn = database
      const found = written.get(runId)
      written.delete(runId)
      if (!found || (namedId !== null && !hasPresent(found.run, namedId))) return null
      const { definition } = await store.workflows.get(found.run.workflow.id)
      const now = Math.max(clock.now, found.at)
      return {
        run: found.run,
        workflow: definition,
        now,
        family: NO_FAMILY,
        continuedBy: null,
        kept: null,
        tickAt: now,
        stillHolds: () => decidedOn === database,
      }
    },
    async apply(change, above) {
      const { before, after, events, family } = change
      const decidedOn = database
      written.delete(before.id)
      const isWritten = await batches.apply(change, above)
      const last = events.at(-1)
      if (isWritten && last && isAlone(family)) keep(after, last.at, decidedOn)
      return isWritten
    },
    async create(run) {
      const decidedOn = database
      await batches.create(run)
      keep(run.after, run.after.createdAt, decidedOn)
    },
  }
}

/** True if the row is among what has not ended. */
export function hasPresent({ executions, sessions, approvals, messages }: Run, id: string): boolean {
  return [executions, sessions, approvals, messages].some((rows) => rows.some((row) => row.id === id))
}

/** True if nothing that happens to relatives matters to the run, other than starts of children, which raise its revision. */
function isAlone(family: Family): boolean {
  return family.ancestors.length === 0 && attachedChildren(family).length === 0
}

/** The database's clock, estimated from its last reading. */
function openClock(): { readonly now: Instant; set(now: Instant): void } {
  let read = { now: Number.NEGATIVE_INFINITY, at: 0 }
  return {
    get now() {
      return Math.floor(read.now + performance.now() - read.at)
    },
    set(now) {
      read = { now, at: performance.now() }
    },
  }
}

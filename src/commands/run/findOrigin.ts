import { admitsChildren } from '../../lifecycle/run/family.ts'
import { liveClaim } from '../../lifecycle/run/run.ts'
import { isSettledStatus } from '../../lifecycle/run/enums.ts'
import { type LoadedRun, loadRuns } from '../../store/run/loadRun.ts'
import type { StoredWorkflow } from '../../store/sql/workflowCache.ts'
import { objection, refuse, type RefusedWith } from '../kit/answers.ts'
import { checkRun } from '../kit/authorize.ts'
import type { Caller, Commands } from '../kit/context.ts'
import { reconcile } from './reconcile.ts'

/** The related runs that a new run names; null: none. */
export interface OriginInput {
  /** Version of the workflow; null: the newest. */
  readonly version: number | null
  /** The active parent of the new run. */
  readonly parentRunId: string | null
  /** True if it is detached from that parent. */
  readonly isDetached: boolean
  /** The settled run that the new one continues. */
  readonly continuesRunId: string | null
}

/** A related run, at the revision that a decision relied on. */
export interface RunRevision {
  readonly id: string
  readonly revision: number
}

/** The resolved origin of a new run. */
export interface Origin {
  readonly workflow: StoredWorkflow
  readonly parentId: string | null
  readonly detached: boolean
  readonly depth: number
  readonly continuesId: string | null
  /** The chain it continues; null: it starts a new one. */
  readonly chainId: string | null
  readonly completedRound: number
  /** The continued run at the revision that was checked; null if there is none. */
  readonly continued: RunRevision | null
}

/** Why a run can't start from the runs it names. */
type OriginProblem =
  | 'NotFound'
  | 'Forbidden'
  | 'RunNotActive'
  | 'InvalidInput'
  | 'AlreadyContinued'
  | 'WorkflowMismatch'
  | 'ConcurrencyConflict'

/** Maximum number of ancestors of a run. */
const MAX_DEPTH = 5

/** Finds the parent and the continued run, or returns why a run can't start from them. */
export async function findOrigin(
  commands: Commands,
  caller: Caller,
  start: OriginInput,
  workflow: StoredWorkflow,
): Promise<Origin | RefusedWith<OriginProblem>> {
  const parent = await findParent(commands, caller, start)
  if ('problem' in parent) return parent
  const continued = await findContinued(commands, caller, start, workflow)
  return 'problem' in continued ? continued : { ...parent, ...continued }
}

async function findParent(
  commands: Commands,
  caller: Caller,
  { parentRunId, isDetached: detached }: OriginInput,
): Promise<Pick<Origin, 'parentId' | 'detached' | 'depth'> | RefusedWith<OriginProblem>> {
  if (parentRunId === null)
    return detached
      ? invalid('isDetached', 'a run is detached from a parent, and none is named')
      : { parentId: null, detached, depth: 0 }
  const parent = await find(commands, caller, parentRunId)
  if ('problem' in parent) return parent
  if (!admitsChildren(parent.run.status)) return refuseParent(parent)
  const depth = parent.run.depth + 1
  return depth > MAX_DEPTH
    ? invalid('parentRunId', `at most ${MAX_DEPTH} parents may stand above a run`)
    : { parentId: parentRunId, detached, depth }
}

/** Refuses a start below a parent that does not admit children; the refusal is about the parent, not the new run. */
function refuseParent(parent: LoadedRun): RefusedWith<'RunNotActive'> {
  const { id, status } = parent.run
  const { problem } = refuse({ type: 'RunNotActive', status }, parent)
  const message = `The parent ${id} is ${status}, and nothing starts below it: name another parent, or none.`
  return { ok: false, problem: { ...problem, message } }
}

async function findContinued(
  commands: Commands,
  caller: Caller,
  { continuesRunId, version }: OriginInput,
  workflow: StoredWorkflow,
): Promise<Omit<Origin, 'parentId' | 'detached' | 'depth'> | RefusedWith<OriginProblem>> {
  if (continuesRunId === null)
    return { workflow, continuesId: null, chainId: null, completedRound: 0, continued: null }
  const before = await find(commands, caller, continuesRunId)
  if ('problem' in before) return before
  const { run, now, continuedBy } = before
  const end = continuedBy === null ? null : await findEnd(commands, continuedBy)
  if (end)
    return objection({
      type: 'AlreadyContinued',
      continued: run.id,
      by: checkRun(caller, end.run) ? null : end,
    })
  if (!isSettledStatus(run.status))
    return invalid('continuesRunId', `the run is ${run.status}; only a settled run is continued`)
  if (run.workflow.name !== workflow.name || (version !== null && version < run.workflow.version))
    return objection({
      type: 'WorkflowMismatch',
      name: run.workflow.name,
      version: run.workflow.version,
      because: 'CONTINUES',
    })
  if (liveClaim(run.claim, now))
    return objection({ type: 'ConcurrencyConflict', holder: before, holds: 'ITSELF' })
  // a continuation switches to a newer version only on request
  const asked = version === null ? await commands.store.workflows.get(run.workflow.id) : workflow
  return {
    workflow: asked,
    continuesId: run.id,
    chainId: run.chainId,
    completedRound: run.completedRound,
    continued: { id: run.id, revision: run.revision },
  }
}

/** Returns the last run of a chain after applying its due changes; null if it was deleted in between. */
async function findEnd(commands: Commands, runId: string): Promise<LoadedRun | null> {
  const { store } = commands
  const [end] = await reconcile(commands, await loadRuns(store.pool, store, [runId]))
  return end ?? null
}

async function find(
  commands: Commands,
  caller: Caller,
  runId: string,
): Promise<LoadedRun | RefusedWith<'NotFound' | 'Forbidden'>> {
  const { store } = commands
  const [loaded] = await reconcile(commands, await loadRuns(store.pool, store, [runId]))
  if (!loaded) return refuse({ type: 'NotFound', kind: 'RUN', id: runId })
  return checkRun(caller, loaded.run) ?? loaded
}

function invalid(path: string, message: string): RefusedWith<'InvalidInput'> {
  return refuse({ type: 'InvalidInput', issues: [{ path: [path], message }] })
}

import type { Run } from '../../lifecycle/run/run.ts'
import { isSettledStatus } from '../../lifecycle/run/enums.ts'
import { findExecution } from '../../store/activity/execution/findExecution.ts'
import { findActive } from '../../store/run/findActive.ts'
import { type LoadedRun, loadRuns } from '../../store/run/loadRun.ts'
import { objection, refuse, type RefusedWith } from '../kit/answers.ts'
import { checkProject, checkRun, reachOf, seesRun } from '../kit/authorize.ts'
import { type Caller, type Commands, onlyRunOf } from '../kit/context.ts'
import { reconcile } from './reconcile.ts'

/** The input that identifies a run. */
export interface ResolveRun {
  readonly runId?: string | null | undefined
  readonly executionId?: string | null | undefined
  readonly project?: string | null | undefined
}

/** The rule by which a run was found. */
export type ResolvedVia = 'EXPLICIT' | 'EXECUTION' | 'ONLY_ACTIVE'

/** The result: the run and the rule, or why no run was found. */
export type ResolveResult =
  | { readonly ok: true; readonly run: LoadedRun; readonly via: ResolvedVia }
  | RefusedWith<'AmbiguousRun' | 'NoActiveRun' | 'NotFound' | 'Forbidden'>

/** Maximum number of candidates listed in an ambiguous answer. */
const CANDIDATES = 20

/**
 * Finds the run that a command is about: by explicit id, otherwise the run of the execution, otherwise the only
 * active run. It never guesses. Answers with NotFound, AmbiguousRun, NoActiveRun or Forbidden.
 */
export async function resolveRun(
  commands: Commands,
  caller: Caller,
  ask: ResolveRun,
): Promise<ResolveResult> {
  const { pool } = commands.store
  if (ask.runId != null) return resolveId(commands, caller, ask.runId, 'EXPLICIT')
  if (ask.executionId != null) {
    const found = await findExecution(pool, ask.executionId)
    if (!found) return refuse({ type: 'NotFound', kind: 'EXECUTION', id: ask.executionId })
    const { runId } = found.execution
    if (runId === null)
      return objection({ type: 'NoActiveRun', detail: 'This execution belongs to no run: name one.' })
    return resolveId(commands, caller, runId, 'EXECUTION')
  }
  const ownRunId = onlyRunOf(caller)
  if (ownRunId !== null) return resolveId(commands, caller, ownRunId, 'ONLY_ACTIVE')
  const denied = ask.project ? checkProject(caller, ask.project) : undefined
  if (denied) return denied
  const projects = ask.project ? [ask.project] : reachOf(caller)
  const ids = await findActive(pool, projects, CANDIDATES)
  const found = await loadRuns(pool, commands.store, ids)
  const newestFirst = found.toSorted((a, b) => ids.indexOf(a.run.id) - ids.indexOf(b.run.id))
  const loaded = await reconcile(commands, newestFirst)
  const active = loaded.filter(({ run }) => !isSettledStatus(run.status) && seesRun(caller, run))
  const [only, ...others] = active
  if (!only) return objection({ type: 'NoActiveRun', detail: 'No run is active: start one, or specify one.' })
  if (others.length > 0) return objection({ type: 'AmbiguousRun', candidates: active })
  return { ok: true, run: only, via: 'ONLY_ACTIVE' }
}

async function resolveId(
  commands: Commands,
  caller: Caller,
  runId: Run['id'],
  via: ResolvedVia,
): Promise<ResolveResult> {
  const [loaded] = await reconcile(commands, await loadRuns(commands.store.pool, commands.store, [runId]))
  if (!loaded) return refuse({ type: 'NotFound', kind: 'RUN', id: runId })
  return checkRun(caller, loaded.run) ?? { ok: true, run: loaded, via }
}

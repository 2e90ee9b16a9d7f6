import { type Difference, verifyLog } from '../../lifecycle/log/verify.ts'
import { verifyWorkspace } from '../../lifecycle/workspace/verifyWorkspace.ts'
import type { LoadedRun } from '../../store/run/loadRun.ts'
import { findForks } from '../../store/run/findForks.ts'
import { listRunIds } from '../../store/run/listRunIds.ts'
import { loadFullRun } from '../../store/run/loadFullRun.ts'
import { readWorkspaceFacts } from '../../store/workspace/readWorkspaceFacts.ts'
import { objection, type Refused, type Result } from '../kit/answers.ts'
import { checkRole, checkRun, reachOf } from '../kit/authorize.ts'
import type { Caller, Commands } from '../kit/context.ts'

/** Whether a run is what its log says. */
export type VerifyResult = Result<
  {
    readonly ok: true
    readonly run: LoadedRun
    readonly consistent: boolean
    readonly differences: readonly Difference[]
    readonly eventsChecked: number
  },
  'RunNotFound' | 'Forbidden'
>

/** Holds the rows of a run against its log (G6). Answers with RunNotFound or Forbidden. */
export async function verifyRun({ store }: Commands, caller: Caller, runId: string): Promise<VerifyResult> {
  const whole = await loadFullRun(store.pool, store, runId)
  if (!whole) return objection({ type: 'RunNotFound', runId })
  const denied = checkRun(caller, whole.run)
  return denied ?? { ok: true, run: whole, ...verifyLog(whole.run, whole.events, whole.workflow) }
}

/** A guarantee that a run breaks. */
export interface Violation extends Difference {
  readonly runId: string
}

/** A run that another one should have kept out of its workspace: both continue one run, by an earlier version's leave. */
export type Fork = { readonly runId: string; readonly continuesId: string }

/** What one page of a check of all runs found. */
export interface DoctorReport {
  readonly ok: true
  readonly runsChecked: number
  readonly violations: readonly Violation[]
  /** Runs that share a workspace with a chain that does not keep them apart from its own. */
  readonly forks: readonly Fork[]
  /** Where the next page begins; null after the last one. */
  readonly endCursor: string | null
  readonly hasNextPage: boolean
}

/** Checks every guarantee that can be checked from data, over a page of all runs that the caller sees. Only an ADMIN may. */
export async function checkRuns(
  commands: Commands,
  caller: Caller,
  { first, after }: { first: number; after: string | null },
): Promise<DoctorReport | Refused<'Forbidden'>> {
  const denied = checkRole(caller, 'doctor')
  if (denied) return denied
  const ids = await listRunIds(commands.store.pool, after ?? '', first + 1, reachOf(caller))
  const page = ids.slice(0, first)
  const violations: Violation[] = []
  for (const runId of page) violations.push(...(await examine(commands, caller, runId)))
  for (const facts of await readWorkspaceFacts(commands.store.pool, page))
    violations.push(...verifyWorkspace(facts).map((found) => ({ ...found, runId: facts.runId })))
  return {
    ok: true,
    runsChecked: page.length,
    violations,
    forks: await findForks(commands.store.pool, page),
    endCursor: page.at(-1) ?? null,
    hasNextPage: ids.length > first,
  }
}

async function examine(commands: Commands, caller: Caller, runId: string): Promise<Violation[]> {
  try {
    const answer = await verifyRun(commands, caller, runId)
    return answer.ok ? answer.differences.map((difference) => ({ ...difference, runId })) : []
  } catch (error) {
    return [{ guarantee: 'G6', runId, detail: `the log can't be read: ${String(error)}` }]
  }
}

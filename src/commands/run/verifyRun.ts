import { type Difference, verifyLog } from '../../lifecycle/log/verify.ts'
import { verifyWorkspace } from '../../lifecycle/workspace/verifyWorkspace.ts'
import type { LoadedRun } from '../../store/run/loadRun.ts'
import { findForks } from '../../store/run/findForks.ts'
import { listRunIds } from '../../store/run/listRunIds.ts'
import { HASHES } from '../../lifecycle/log/keptRequest.ts'
import { countContentLeft } from '../../store/run/retention/countContentLeft.ts'
import type { Connection } from '../../store/sql/statement.ts'
import { loadFullRun } from '../../store/run/loadFullRun.ts'
import { readWorkspaceFacts } from '../../store/workspace/readWorkspaceFacts.ts'
import { type RefusedWith, refuse } from '../kit/answers.ts'
import { checkRole, checkRun, reachOf } from '../kit/authorize.ts'
import type { Caller, Commands } from '../kit/context.ts'

/** The result of comparing a run with its log. */
export type VerifyResult =
  | {
      readonly ok: true
      readonly run: LoadedRun
      readonly consistent: boolean
      readonly differences: readonly Difference[]
      readonly eventsChecked: number
    }
  | RefusedWith<'NotFound' | 'Forbidden'>

/** Compares the rows of a run with its log (G6). Answers with NotFound or Forbidden. */
export async function verifyRun({ store }: Commands, caller: Caller, runId: string): Promise<VerifyResult> {
  const whole = await loadFullRun(store.pool, store, runId)
  if (!whole) return refuse({ type: 'NotFound', kind: 'RUN', id: runId })
  const denied = checkRun(caller, whole.run)
  if (denied) return denied
  const verified = verifyLog(whole.run, whole.events, whole.workflow)
  const left = whole.run.contentRemovedAt === null ? [] : await findContentLeft(store.pool, runId)
  const differences = [...verified.differences, ...left]
  return { ok: true, run: whole, ...verified, differences, consistent: differences.length === 0 }
}

/** What a run whose content was removed still has beside its log. */
async function findContentLeft(connection: Connection, runId: string): Promise<Difference[]> {
  const left = await countContentLeft(connection, runId, HASHES)
  return Object.entries(left)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => ({
      guarantee: 'G6',
      detail: `the content was removed, but ${count} ${what} still have some`,
    }))
}

/** A guarantee that a run violates. */
export interface Violation extends Difference {
  readonly runId: string
}

/** A run that shares a workspace with another continuation of the same run, which earlier versions allowed. */
export type Fork = { readonly runId: string; readonly continuesId: string }

/** The result of checking one page of all runs. */
export interface DoctorReport {
  readonly ok: true
  readonly runsChecked: number
  readonly violations: readonly Violation[]
  /** Runs that share a workspace with a chain that does not exclude them. */
  readonly forks: readonly Fork[]
  /** The cursor of the next page; null after the last one. */
  readonly endCursor: string | null
  readonly hasNextPage: boolean
}

/**
 * Checks every guarantee that can be checked from stored data, for a page of the runs that the caller sees. Requires
 * ADMIN.
 */
export async function checkRuns(
  commands: Commands,
  caller: Caller,
  { first, after }: { first: number; after: string | null },
): Promise<DoctorReport | RefusedWith<'Forbidden'>> {
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

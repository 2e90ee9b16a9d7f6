import type { ClaimRequest } from '../../lifecycle/run/commandInputs.ts'
import type { Json } from '../../lifecycle/run/run.ts'
import { findClaimable } from '../../store/run/claim/findClaimable.ts'
import { untilClaimable } from '../../store/run/claim/untilClaimable.ts'
import { findIdempotencyKey } from '../../store/run/findIdempotencyKey.ts'
import { loadRuns } from '../../store/run/loadRun.ts'
import { objection, type ResultOf, type RunResult, type RunSuccess, refuseRevision } from '../kit/answers.ts'
import { checkProject, checkRole, checkRun } from '../kit/authorize.ts'
import { changeRun } from './changeRun.ts'
import { type Caller, type Commands, type Keyed, toRequest } from '../kit/context.ts'
import { answerKept } from './startRun.ts'

/** A claim of one given run, or of the matching run that has waited longest. */
export interface ClaimRun extends ClaimRequest, Keyed {
  readonly runId?: string | null | undefined
  /** Names of workflows; absent: any. */
  readonly workflows?: readonly string[] | null | undefined
  /** Labels that the run must have, all of them. */
  readonly labels?: readonly string[] | null | undefined
  /** Absent: any project the caller may see. */
  readonly project?: string | null | undefined
}

/** How many queued runs are read at a time; concurrent claims may take some of them. */
const PAGE = 20

/**
 * Claims a queued run under a new fence. Answers with NotClaimable, NotFound, NothingToClaim, Forbidden or
 * IdempotencyMismatch. Among concurrent claims of one run exactly one is accepted (G4).
 */
export async function claimRun(
  commands: Commands,
  caller: Caller,
  input: ClaimRun,
): Promise<ResultOf<'claimRun', RunSuccess>> {
  const request = toRequest(input)
  if (input.runId != null) return claimOne(commands, caller, input, input.runId, request)
  if (input.ifRevision != null) return refuseRevision('a claim of any run that matches')
  const denied =
    checkRole(caller, 'claimRun') ?? (input.project ? checkProject(caller, input.project) : undefined)
  if (denied) return denied
  const scope = input.project ?? scopeOf(caller)
  return (
    (await findReplay(commands, caller, scope, input, request)) ??
    claimAny(commands, caller, input, scope, request)
  )
}

/**
 * Scope of the idempotency key of a claim without a project: its principal and the projects of its token. Project
 * names contain no line break, so no project's scope can equal it.
 */
function scopeOf({ principalId, projects }: Caller): string {
  return ['principal', principalId, ...projects.toSorted()].join('\n')
}

function claimOne(
  commands: Commands,
  caller: Caller,
  { owner, leaseSeconds, kinds, idempotencyKey, ifRevision }: ClaimRun,
  runId: string,
  request: Json,
  scope?: string,
): Promise<ResultOf<'claimRun', RunSuccess>> {
  const command = { type: 'claimRun', owner, leaseSeconds, kinds } as const
  const claim = { runId, command, idempotencyKey, ifRevision, request }
  return changeRun(commands, caller, scope === undefined ? claim : { ...claim, scope })
}

async function claimAny(
  commands: Commands,
  caller: Caller,
  input: ClaimRun,
  scope: string,
  request: Json,
): Promise<ResultOf<'claimRun', RunSuccess>> {
  const seen = caller.projects.length > 0 ? caller.projects : null
  const filter = {
    workflows: input.workflows ?? null,
    labels: input.labels ?? [],
    projects: input.project ? [input.project] : seen,
  }
  const tried = new Set<string>()
  for (;;) {
    const waiting = await findClaimable(commands.store.pool, filter, PAGE + tried.size)
    const fresh = waiting.filter((id) => !tried.has(id))
    if (fresh.length === 0) {
      // the same request, sent twice, may have claimed the last run
      const replayed = await findReplay(commands, caller, scope, input, request)
      if (replayed) return replayed
      const claimableInSeconds = await untilClaimable(commands.store.pool, filter)
      return objection({ type: 'NothingToClaim', claimableInSeconds })
    }
    for (const id of fresh) {
      const answer = await claimOne(commands, caller, input, id, request, scope)
      // the same request, sent twice, has already claimed another run
      if (answer.ok && answer.replayed)
        return (await findReplay(commands, caller, scope, input, request)) ?? answer
      if (answer.ok || (answer.problem.type !== 'NotClaimable' && answer.problem.type !== 'NotFound'))
        return answer
      tried.add(id)
    }
  }
}

async function findReplay(
  { store }: Commands,
  caller: Caller,
  scope: string,
  { idempotencyKey }: ClaimRun,
  request: Json,
): Promise<RunResult<'Forbidden' | 'IdempotencyMismatch'> | undefined> {
  if (!idempotencyKey) return undefined
  const kept = await findIdempotencyKey(store.pool, scope, 'claimRun', idempotencyKey)
  if (!kept) return undefined
  const [run] = await loadRuns(store.pool, store, [kept.runId])
  return run && (checkRun(caller, run.run) ?? answerKept(kept, run, request))
}

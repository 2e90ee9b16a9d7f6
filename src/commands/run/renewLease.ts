import { type Directive, directivesFor } from '../../lifecycle/answers/derive.ts'
import { type Claim, type Instant, liveClaim } from '../../lifecycle/run/run.ts'
import { isSettledStatus } from '../../lifecycle/run/enums.ts'
import { loadRuns } from '../../store/run/loadRun.ts'
import type { Connection } from '../../store/sql/statement.ts'
import { type Renewal, renewLease as renew } from '../../store/run/claim/renewLease.ts'
import { tick } from '../../store/account/tick.ts'
import { type RefusedWith, type ResultOf, refuse } from '../kit/answers.ts'
import { checkRole, checkRun } from '../kit/authorize.ts'
import { sweepRun } from './changeRun.ts'
import type { Caller, Commands } from '../kit/context.ts'

/** The result of a renewal: the current lease and the owner's directives. */
export type RenewResult = ResultOf<
  'renewLease',
  {
    readonly ok: true
    readonly claim: Claim
    /** The database's clock when the lease was read. */
    readonly now: Instant
    readonly directives: readonly Directive[]
  }
>

/** A renewal of the lease held under a fence. */
export interface RenewLease {
  readonly runId: string
  readonly fence: number
  /** Seconds from now; absent: the period of the claim. */
  readonly leaseSeconds?: number | null | undefined
}

/**
 * Renews a live lease; an acknowledged renewal is never overridden by a lapse. Writes no event and raises no
 * revision. Answers with RunNotActive if the run settled under its owner, LeaseLost, NotFound or Forbidden.
 */
export async function renewLease(
  commands: Commands,
  caller: Caller,
  input: RenewLease,
): Promise<RenewResult> {
  const { store, settings } = commands
  const { runId, fence } = input
  const [before] = await loadRuns(store.pool, store, [runId])
  if (!before) return refuse({ type: 'NotFound', kind: 'RUN', id: runId })
  const denied = checkRun(caller, before.run) ?? checkRole(caller, 'renewLease')
  if (denied) return denied
  const { cancelGraceSeconds } = settings
  const renewal = { runId, fence, leaseSeconds: input.leaseSeconds ?? null, cancelGraceSeconds }
  const expiresAt = (await renew(store.pool, renewal)) ?? (await renewAfterSleep(store.pool, renewal))
  if (expiresAt === null) return loseLease(commands, runId, fence)
  const [after] = await loadRuns(store.pool, store, [runId])
  // released or settled since: the row may have another claim by now
  if (after?.run.claim?.fence !== fence) return loseLease(commands, runId, fence)
  const directives = directivesFor(after.run, fence, after.now)
  return { ok: true, claim: { ...after.run.claim, expiresAt }, now: after.now, directives }
}

/** Extends the leases that expired while no server was watching, then renews again. */
async function renewAfterSleep(connection: Connection, renewal: Renewal): Promise<Instant | null> {
  await tick(connection)
  return renew(connection, renewal)
}

async function loseLease(
  commands: Commands,
  runId: string,
  fence: number,
): Promise<RefusedWith<'RunNotActive' | 'LeaseLost' | 'NotFound'>> {
  const present = await sweepRun(commands, runId)
  if (!present.ok) return refuse({ type: 'NotFound', kind: 'RUN', id: runId })
  const { run, now } = present.run
  // the run settled under its owner: the owner stops and releases, and there is nothing to claim again
  if (isSettledStatus(run.status) && liveClaim(run.claim, now)?.fence === fence)
    return refuse({ type: 'RunNotActive', status: run.status, directive: 'STOP' }, present.run)
  return refuse({ type: 'LeaseLost', yourFence: fence, currentFence: present.run.run.fence }, present.run)
}

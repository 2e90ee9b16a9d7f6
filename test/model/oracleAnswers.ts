import type { Decision } from '../../src/lifecycle/run/enums.ts'
import { failUnderOwner, isGood, move, phaseAt, setPhase } from './beliefs.ts'
import { LIMITS, type ModelApproval, type ModelRun } from './modelState.ts'

/** What an answer, by a person or by time, makes of the phase asked about, of the sessions and of the run. */
export function answerApproval(
  run: ModelRun,
  approval: ModelApproval,
  decision: Decision,
  now: number,
): void {
  const phase = approval.phase === null ? null : phaseAt(run, approval.phase)
  let fails = decision === 'ABORT'
  if (decision === 'APPROVE' && phase) setPhase(phase, 'COMPLETED')
  if (decision === 'REJECT' && phase) {
    fails = phase.rejections >= LIMITS.maxRework
    phase.rejections++
    setPhase(phase, 'FAILED')
  }
  if (decision === 'RETRY')
    for (const session of run.sessions)
      if (session.status === 'FAILED_NEEDS_HUMAN') session.status = 'DISPOSED'
  if (fails) failUnderOwner(run, 'APPROVAL_REJECTED', now)
  else if (approval.kind === 'RECOVERY' || run.status !== 'PAUSED')
    move(run, isGood(run.claim, now) ? 'RUNNING' : 'QUEUED', now)
}

import type { Operation } from '../../lifecycle/run/authority.ts'
import type { Run } from '../../lifecycle/run/run.ts'
import type { Refused, RunAnswer } from './answers.ts'
import { objection } from './answers.ts'
import type { Caller } from './context.ts'

/**
 * An AGENT token outlives its claim, since it is signed and not stored. Its late writes are answered, so that an agent knows
 * to stop; of the run, which may be another agent's by now, it is told nothing.
 */

/** What a claim that is over may still have done: what ended it, and the end of a process that was started under it. */
const ACCEPTED_LATE: ReadonlySet<Operation | null> = new Set<Operation>([
  'completeRun',
  'failRun',
  'finishExecution',
])

/** Whether an agent calls whose claim is not, or no longer, the one on the row. */
export function isClaimOver({ agent }: Caller, { claim }: Pick<Run, 'claim'>): boolean {
  return agent !== null && claim?.fence !== agent.fence
}

/** What an agent whose claim is over is answered in the place of an answer about its run. */
export function withhold(answer: RunAnswer, { agent }: Caller, operation: Operation | null): RunAnswer {
  if (answer.ok && ACCEPTED_LATE.has(operation)) return { ...answer, withheld: true }
  // that is about what it sent itself
  if (!answer.ok && answer.problem.type === 'IdempotencyMismatch')
    return { ok: false, problem: { ...answer.problem, run: null } }
  return refuseClaimOver(agent?.fence ?? 0, operation)
}

/** The refusal of an agent whose claim is over. */
export function refuseClaimOver(fence: number, operation: Operation | null): Refused {
  const message =
    'The claim that this token belongs to is over. Stop: it drives nothing more, and is shown nothing of the run.'
  // the end of a process is told under no lease, so it can't be lost
  if (operation === 'finishExecution')
    return objection({ type: 'Forbidden', requiredRole: null, detail: message })
  return {
    ok: false,
    problem: { type: 'LeaseLost', yourFence: fence, currentFence: fence, message, run: null },
  }
}

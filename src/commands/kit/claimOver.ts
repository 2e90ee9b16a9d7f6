import { canBeRefusedWith, type CommandName } from '../../lifecycle/run/commands.ts'
import type { Run } from '../../lifecycle/run/run.ts'
import type { RefusedWith, RunResult } from './answers.ts'
import { objection } from './answers.ts'
import type { Caller } from './context.ts'

/**
 * An AGENT token outlives its claim, because it is signed and not stored. Its late writes are answered, so that the
 * agent knows to stop, but they reveal nothing of the run, which may belong to another agent by now.
 */

/** Commands accepted from a claim that is over: those that ended it, and the end of a process started under it. */
const ACCEPTED_LATE: ReadonlySet<CommandName> = new Set<CommandName>([
  'completeRun',
  'failRun',
  'finishExecution',
])

/** True if the caller is an agent whose claim is not, or no longer, the one on the row. */
export function isClaimOver({ agent }: Caller, { claim }: Pick<Run, 'claim'>): boolean {
  return agent !== null && claim?.fence !== agent.fence
}

/** Replaces the answer to an agent whose claim is over by one that does not reveal the run. */
export function withhold(answer: RunResult, { agent }: Caller, command: CommandName): RunResult {
  if (answer.ok && ACCEPTED_LATE.has(command)) return { ...answer, withheld: true }
  // a mismatch is only about the agent's own requests
  if (!answer.ok && answer.problem.type === 'IdempotencyMismatch')
    return { ok: false, problem: { ...answer.problem, run: null } }
  return refuseClaimOver(agent?.fence ?? 0, command)
}

/** Builds the refusal of an agent whose claim is over. */
export function refuseClaimOver(fence: number, command: CommandName): RefusedWith<'Forbidden' | 'LeaseLost'> {
  const message =
    'The claim that this token belongs to is over. Stop: the token can no longer drive or read the run.'
  // a command without a lease, such as the end of a process, is never refused with LeaseLost
  if (!canBeRefusedWith(command, 'LeaseLost'))
    return objection({ type: 'Forbidden', requiredRole: null, detail: message })
  return {
    ok: false,
    problem: { type: 'LeaseLost', yourFence: fence, currentFence: fence, message, run: null },
  }
}

import { canBeRefusedWith, type CommandName } from '../../lifecycle/run/commands.ts'
import type { Run } from '../../lifecycle/run/run.ts'
import type { Refused, RunResult } from './answers.ts'
import { objection } from './answers.ts'
import type { Caller } from './context.ts'

/**
 * An AGENT token outlives its claim, since it is signed and not stored. Its late writes are answered, so that an agent knows
 * to stop; of the run, which may be another agent's by now, it is told nothing.
 */

/** What a claim that is over may still have done: what ended it, and the end of a process that was started under it. */
const ACCEPTED_LATE: ReadonlySet<CommandName> = new Set<CommandName>([
  'completeRun',
  'failRun',
  'finishExecution',
])

/** Whether an agent calls whose claim is not, or no longer, the one on the row. */
export function isClaimOver({ agent }: Caller, { claim }: Pick<Run, 'claim'>): boolean {
  return agent !== null && claim?.fence !== agent.fence
}

/** What an agent whose claim is over is answered in the place of an answer about its run. */
export function withhold(answer: RunResult, { agent }: Caller, command: CommandName): RunResult {
  if (answer.ok && ACCEPTED_LATE.has(command)) return { ...answer, withheld: true }
  // that is about what it sent itself
  if (!answer.ok && answer.problem.type === 'IdempotencyMismatch')
    return { ok: false, problem: { ...answer.problem, run: null } }
  return refuseClaimOver(agent?.fence ?? 0, command)
}

/** The refusal of an agent whose claim is over. */
export function refuseClaimOver(fence: number, command: CommandName): Refused<'Forbidden' | 'LeaseLost'> {
  const message =
    'The claim that this token belongs to is over. Stop: it drives nothing more, and is shown nothing of the run.'
  // what needs no lease, as the end of a process, can't lose it
  if (!canBeRefusedWith(command, 'LeaseLost'))
    return objection({ type: 'Forbidden', requiredRole: null, detail: message })
  return {
    ok: false,
    problem: { type: 'LeaseLost', yourFence: fence, currentFence: fence, message, run: null },
  }
}

import { currentPhaseOf, type Execution } from '../run/run.ts'
import { admits, stateOf } from '../run/transitions.ts'
import { findWorkflowPhase } from '../workflow/workflow.ts'
import type { Role } from '../run/enums.ts'
import type { Rule, RuleTable } from './rule.ts'
import { unknownPhase } from './phaseTransitions.ts'

/** Records a process launched for the run, or for its current phase. */
const decideStartExecution: Rule<'startExecution'> = (draft, command, { workflow }) => {
  const { run } = draft
  if (!admits('startExecution', stateOf(run))) return { type: 'RunNotActive', status: run.status }
  const { executionId: id, phase: key, pid } = command
  if (key !== null && !findWorkflowPhase(workflow, key)) return unknownPhase(key, workflow)
  if (key !== null && key !== run.currentPhase) {
    const message = `the run is at ${run.currentPhase}: a process can be launched for that phase, or for the run`
    return { type: 'InvalidInput', issues: [{ path: ['phase'], message }] }
  }
  const phase = key === null ? null : currentPhaseOf(run)
  draft.note('execution.started', {
    id,
    phaseId: phase?.id ?? null,
    phase: key,
    attempt: phase && phase.attempts > 0 ? phase.attempts : null,
    command: command.command,
    pid,
    fence: run.fence,
  })
  return 'accepted'
}

/**
 * True if the fence may report the end of an execution: the fence it was started under, live or not, or any operator.
 */
export function mayFinish({ fence: startedUnder }: Execution, fence: number | null, role: Role): boolean {
  // executions recorded before fences were stored may be finished by any driver
  return startedUnder === null || startedUnder === fence || role === 'OPERATOR' || role === 'ADMIN'
}

/**
 * Records how a process ended. This is a fact, not a command: it may be reported once, even after the run has
 * settled; then it overrides the end assumed by the server and writes no event.
 */
const decideFinishExecution: Rule<'finishExecution'> = (draft, command) => {
  const { executionId: id, exitCode, signal, end } = command
  const { run } = draft
  const known = run.executions.find((each) => each.id === id)
  if (!known) return { type: 'NotFound', kind: 'EXECUTION', id: id }
  const assumed = known.end === null || known.end === 'CLOSED_BY_RUN' || known.end === 'SUPERVISOR_LOST'
  if (!assumed || known.late) return { type: 'ExecutionAlreadyFinished', executionId: id }
  if (run.settledAt === null) {
    draft.note('execution.finished', { id, exitCode, signal, end })
  } else {
    const told = { ...known, exitCode, signal, end, late: true }
    draft.run = { ...run, executions: run.executions.map((each) => (each.id === id ? told : each)) }
  }
  return 'accepted'
}

/** The rules of commands about executions. */
export const executionRules = {
  startExecution: decideStartExecution,
  finishExecution: decideFinishExecution,
} satisfies Partial<RuleTable>

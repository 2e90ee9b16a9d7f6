import { type Caller, onlyRunOf } from '../../commands/kit/context.ts'
import type { ExecutionVisibility } from '../../store/activity/execution/listExecutions.ts'

/** Returns which runs and executions the caller may see. */
export function visibilityOf(caller: Caller): ExecutionVisibility {
  const { projects, principalId } = caller
  const limited = projects.length > 0
  const runId = onlyRunOf(caller)
  return {
    projects: limited ? projects : null,
    runId,
    startedById: limited || runId !== null ? principalId : null,
  }
}

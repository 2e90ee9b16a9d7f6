import type { Caller } from '../../commands/kit/context.ts'
import type { ExecutionVisibility } from '../../store/activity/execution/listExecutions.ts'

/** Returns which runs and executions the caller may see. */
export function visibilityOf({ projects, agent, principalId }: Caller): ExecutionVisibility {
  const limited = projects.length > 0
  return {
    projects: limited ? projects : null,
    runId: agent?.runId ?? null,
    startedById: limited || agent ? principalId : null,
  }
}

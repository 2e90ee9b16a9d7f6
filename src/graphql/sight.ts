import type { Caller } from '../commands/context.ts'
import type { ExecutionSight } from '../store/listExecutions.ts'

/** What the caller may see of runs and executions. */
export function sightOf({ projects, agent, principalId }: Caller): ExecutionSight {
  const limited = projects.length > 0
  return {
    projects: limited ? projects : null,
    runId: agent?.runId ?? null,
    startedById: limited || agent ? principalId : null,
  }
}

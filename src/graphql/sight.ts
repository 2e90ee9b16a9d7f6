import type { Caller } from '../commands/context.ts'
import type { ExecutionSight } from '../store/listExecutions.ts'

/** What the caller may see of runs and executions. */
export function sightOf({ projects, agent, name }: Caller): ExecutionSight {
  const limited = projects.length > 0
  return {
    projects: limited ? projects : null,
    runId: agent?.runId ?? null,
    startedBy: limited || agent ? name : null,
  }
}

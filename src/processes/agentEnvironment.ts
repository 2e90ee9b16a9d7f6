import { outerRunsOf } from './outerRuns.ts'
import { inheritEnvironment } from './inheritEnvironment.ts'

/** Inputs for the environment of a run's agents. */
export interface AgentEnvironmentFields {
  /** The server's URL, as agents reach it. */
  readonly url: string
  readonly runId: string
  readonly agentToken: string | null
  /** Names of additional variables that agents inherit. */
  readonly passEnv: readonly string[]
  /** The id of the lock on the directory the agents work in; undefined where agents are reached only to stop them. */
  readonly lockId?: string | undefined
}

/**
 * Returns the environment of a run's agents: they authenticate as the run's agent, never as the user that launches
 * them.
 */
export function agentEnvironment(
  env: NodeJS.ProcessEnv,
  { url, runId, agentToken, passEnv, lockId }: AgentEnvironmentFields,
): Record<string, string> {
  const outer = outerRunsOf(env)
  return {
    ...inheritEnvironment(env, passEnv),
    PAWL_URL: url,
    PAWL_RUN_ID: runId,
    ...(agentToken !== null && { PAWL_TOKEN: agentToken }),
    ...(lockId !== undefined && { PAWL_WORKSPACE_LOCK: lockId }),
    ...(outer.length > 0 && { PAWL_OUTER_RUNS: outer.join(',') }),
  }
}

import { outerRunsOf } from './outerRuns.ts'
import { inheritEnvironment } from './inheritEnvironment.ts'

/** What the environment of a run's agents is made of. */
export interface AgentEnvironmentFields {
  /** The server, as agents reach it. */
  readonly url: string
  readonly runId: string
  readonly agentToken: string | null
  /** Names of further variables that agents inherit. */
  readonly passEnv: readonly string[]
  /** The lock of the directory that they work in; undefined where they only end. */
  readonly lockId?: string | undefined
}

/** The environment of a run's agents: they sign in as this run's agent, never as whoever runs them. */
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

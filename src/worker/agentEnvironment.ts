import { handedOn } from '../processes/handedOn.ts'

/** The environment of a run's agents: they sign in as this run's agent, never as the worker. */
export function agentEnvironment(
  env: NodeJS.ProcessEnv,
  run: { readonly url: string; readonly runId: string; readonly agentToken: string | null },
): Record<string, string> {
  return {
    ...handedOn(env),
    PAWL_URL: run.url,
    PAWL_RUN_ID: run.runId,
    ...(run.agentToken !== null && { PAWL_TOKEN: run.agentToken }),
  }
}

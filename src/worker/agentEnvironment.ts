/** Variables that are the worker's own, or would lead an agent to another run than its own. */
const NOT_HANDED_ON = ['PAWL_TOKEN', 'PAWL_DATA', 'PAWL_EXECUTION_ID', 'DATABASE_URL']

/** The environment of a run's agents: they sign in as this run's agent, never as the worker. */
export function agentEnvironment(
  env: NodeJS.ProcessEnv,
  run: { readonly url: string; readonly runId: string; readonly agentToken: string | null },
): Record<string, string> {
  const handedOn = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !NOT_HANDED_ON.includes(entry[0]),
  )
  return {
    ...Object.fromEntries(handedOn),
    PAWL_URL: run.url,
    PAWL_RUN_ID: run.runId,
    ...(run.agentToken !== null && { PAWL_TOKEN: run.agentToken }),
  }
}

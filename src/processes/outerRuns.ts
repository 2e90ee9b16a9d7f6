/** Returns the runs that this process works under, outermost first: it was started by an agent of theirs. */
export function outerRunsOf(env: NodeJS.ProcessEnv): string[] {
  const { PAWL_EXECUTION_ID, PAWL_RUN_ID, PAWL_OUTER_RUNS } = env
  if (!PAWL_EXECUTION_ID || !PAWL_RUN_ID) return []
  return [...(PAWL_OUTER_RUNS?.split(',') ?? []), PAWL_RUN_ID].filter(Boolean)
}

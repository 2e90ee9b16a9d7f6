/** The condition on `run r` for what a reader may see, by two parameters: projects, and the single run of an agent. */
export const isVisible = (projects: string, runId: string): string =>
  `(${projects}::text[] IS NULL OR r.project = ANY(${projects}::text[])) AND (${runId}::text IS NULL OR r.id = ${runId}::text)`

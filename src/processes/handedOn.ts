/** Variables that are a worker's own, or would lead what it starts to another run than its own. */
const OWN = ['PAWL_TOKEN', 'PAWL_TOKEN_FILE', 'PAWL_DATA', 'PAWL_EXECUTION_ID', 'DATABASE_URL']

/** What a worker hands on of its environment to what it starts. */
export function handedOn(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !OWN.includes(entry[0]),
    ),
  )
}

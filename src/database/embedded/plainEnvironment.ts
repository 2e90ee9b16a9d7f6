/** An environment without the caller's `PG…` variables and locale, so that messages are English and settings ours. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const { PATH, TMPDIR, SystemRoot } = process.env as Record<string, string | undefined>
  return {
    LC_ALL: 'C',
    TZ: 'UTC',
    ...(PATH === undefined ? {} : { PATH }),
    ...(TMPDIR === undefined ? {} : { TMPDIR }),
    ...(SystemRoot === undefined ? {} : { SystemRoot }),
  }
}

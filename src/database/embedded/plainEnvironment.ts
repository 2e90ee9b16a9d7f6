/**
 * An environment without the caller's `PG…` variables, locale and folders, so that messages are English and no outside
 * settings apply.
 */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const { PATH, SystemRoot } = process.env as Record<string, string | undefined>
  return {
    LC_ALL: 'C',
    TZ: 'UTC',
    ...(PATH === undefined ? {} : { PATH }),
    ...(SystemRoot === undefined ? {} : { SystemRoot }),
  }
}

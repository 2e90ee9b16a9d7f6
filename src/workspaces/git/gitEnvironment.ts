import { delimiter, isAbsolute } from 'node:path'

/** All variables that git inherits. None is a token, or determines where git works or what it runs. */
const HANDED_ON = ['HOME', 'USER', 'LOGNAME', 'XDG_CONFIG_HOME', 'TMPDIR']

/**
 * Makes git non-interactive and its messages English, and disables transfers, optional locks, pathspec magic and
 * replacement objects.
 */
const ALWAYS = {
  LC_ALL: 'C',
  LANGUAGE: '',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_LITERAL_PATHSPECS: '1',
  GIT_NO_LAZY_FETCH: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_ALLOW_PROTOCOL: 'none',
  GIT_ASKPASS: '',
  GIT_EDITOR: ':',
  GIT_SEQUENCE_EDITOR: ':',
  GIT_PAGER: 'cat',
}

/** Returns the base environment of every git process and its child processes. */
export function gitEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const kept = HANDED_ON.flatMap((name) => {
    const value = env[name]
    return value ? [[name, value] as const] : []
  })
  return { ...Object.fromEntries(kept), ...ALWAYS, PATH: searchPath(env['PATH']) }
}

/** Drops relative folders, which would be resolved in an agent's directory. */
function searchPath(path = ''): string {
  return path.split(delimiter).filter(isAbsolute).join(delimiter) || '/usr/local/bin:/usr/bin:/bin'
}

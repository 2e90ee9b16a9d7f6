import { delimiter, isAbsolute } from 'node:path'

/** All that git is handed on. No token is among it, and nothing that says where git works or what it runs. */
const HANDED_ON = ['HOME', 'USER', 'LOGNAME', 'XDG_CONFIG_HOME', 'TMPDIR']

/** A git that asks nobody, starts no transfer, and looks for no repository but the one that it is told. */
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

/** The environment that every git begins with, and whatever git starts. */
export function gitEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const kept = HANDED_ON.flatMap((name) => {
    const value = env[name]
    return value ? [[name, value] as const] : []
  })
  return { ...Object.fromEntries(kept), ...ALWAYS, PATH: searchPath(env['PATH']) }
}

/** Without relative folders: they would be found in the directory of an agent. */
function searchPath(path = ''): string {
  return path.split(delimiter).filter(isAbsolute).join(delimiter) || '/usr/local/bin:/usr/bin:/bin'
}

/** Variables that every agent inherits: paths, user, terminal, language, and network access. */
const BASE = [
  'HOME',
  'PAWL',
  'PATH',
  'USER',
  'LOGNAME',
  'SHELL',
  'TMPDIR',
  'TERM',
  'COLORTERM',
  'NO_COLOR',
  'FORCE_COLOR',
  'TZ',
  'LANG',
  'LANGUAGE',
  'LC_*',
  'XDG_*',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'all_proxy',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
] as const

const CLAUDE_KEYS = ['ANTHROPIC_*', 'CLAUDE_CODE_*', 'CLAUDE_CONFIG_DIR'] as const
const CODEX_KEYS = ['OPENAI_*', 'CODEX_API_KEY', 'CODEX_HOME'] as const

/**
 * Variables that well-known agents authenticate to their models with, by the program that each preset is named
 * after.
 */
export const AGENT_KEYS = {
  claude: CLAUDE_KEYS,
  'claude-agent-acp': CLAUDE_KEYS,
  codex: CODEX_KEYS,
  'codex-acp': CODEX_KEYS,
  gemini: [
    'GEMINI_*',
    'GOOGLE_API_KEY',
    'GOOGLE_APPLICATION_CREDENTIALS',
    'GOOGLE_CLOUD_PROJECT',
    'GOOGLE_CLOUD_LOCATION',
    'GOOGLE_GENAI_USE_VERTEXAI',
    'GOOGLE_GEMINI_BASE_URL',
    'GOOGLE_VERTEX_BASE_URL',
  ],
  aider: ['AIDER_*', 'DEEPSEEK_API_KEY', 'OPENROUTER_API_KEY'],
  opencode: ['OPENCODE_*', 'GROQ_API_KEY', 'MISTRAL_API_KEY', 'XAI_API_KEY'],
  qwen: ['QWEN_*', 'DASHSCOPE_API_KEY'],
  pi: ['PI_*'],
} as const

/**
 * Never inherited, even where `passEnv` lists them: the credentials of Pawl and its database, and variables that
 * would point git at another repository.
 */
const NEVER = /^(?:PAWL_.*|DATABASE_(?:LISTEN_)?URL|GIT_.*|PG[A-Z]+)$/

/** A valid name in `passEnv`: a variable's name, or a prefix followed by a star. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*\*?$/

/**
 * Returns why a variable can't be listed in `passEnv`; null where it can.
 *
 * @param name a variable's name, or a prefix of names followed by `*`
 */
export function whyNotPassed(name: string): string | null {
  if (!NAME.test(name))
    return `${JSON.stringify(name)} is no name of a variable, nor the beginning of one with *`
  if (NEVER.test(name.replace('*', '')))
    return `${name} is never passed on to an agent; where it has to be there, set it for the agent itself (env)`
  return null
}

/**
 * Returns what an agent inherits of this process's environment: a fixed list of variables, the keys of well-known
 * agents, and those that `passEnv` lists. Nothing else is inherited: a token, a database URL or a path meant for
 * this process is not meant for an agent.
 */
export function inheritEnvironment(
  env: NodeJS.ProcessEnv,
  passEnv: readonly string[] = [],
): Record<string, string> {
  const listed = [...BASE, ...Object.values(AGENT_KEYS).flat(), ...passEnv]
  const names = new Set(listed.filter((name) => !name.endsWith('*')))
  const beginnings = listed.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1))
  const isListed = (name: string) => names.has(name) || beginnings.some((begin) => name.startsWith(begin))
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && !NEVER.test(entry[0]) && isListed(entry[0]),
    ),
  )
}

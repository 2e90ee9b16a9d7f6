import { basename } from 'node:path'
import type { AgentDefinition } from './kit/agentDefinition.ts'

/** How an agent is let in by the service of its model. */
interface Credential {
  /** Variables that hold a key or a token. */
  readonly variables: readonly string[]
  /** The command that signs it in; its login is kept in HOME. */
  readonly login: string | null
}

const CLAUDE = {
  variables: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'CLAUDE_CODE_OAUTH_TOKEN'],
  login: 'claude /login',
}
const CODEX = { variables: ['CODEX_API_KEY', 'OPENAI_API_KEY'], login: 'codex login' }

/** By the name of an agent's program. */
const CREDENTIALS: Readonly<Record<string, Credential>> = {
  claude: CLAUDE,
  'claude-agent-acp': CLAUDE,
  codex: CODEX,
  'codex-acp': CODEX,
  gemini: { variables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'], login: 'gemini' },
  opencode: { variables: [], login: 'opencode auth login' },
  pi: { variables: [], login: 'pi /login' },
  qwen: { variables: ['OPENAI_API_KEY'], login: 'qwen' },
  aider: { variables: ['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'AIDER_OPENAI_API_KEY'], login: null },
}

/** Names the credential of an agent, by the variables that it has: never by their values. */
export function nameCredential(
  { command }: AgentDefinition,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const program = basename(command[0] ?? '')
  const known = Object.hasOwn(CREDENTIALS, program) ? CREDENTIALS[program] : undefined
  if (!known) return `the credential of ${program}`
  const { variables, login } = known
  const set = variables.filter((name) => env[name])
  const signedIn = login === null ? '' : `the login of \`${login}\``
  if (set.length > 0) return [set.join(' and '), signedIn].filter(Boolean).join(', or ')
  const unset = variables.length > 0 ? ` (${variables.join(' and ')} not set)` : ''
  return `${signedIn || `the credential of ${program}`}${unset}`
}

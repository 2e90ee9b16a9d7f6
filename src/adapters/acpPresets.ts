import type { z } from 'zod'
import type { agentDefinitionSchema } from './kit/agentDefinition.ts'

/**
 * Agents over the Agent Client Protocol. Each is set to a mode in which it asks, so that the permissions of the definition decide; what
 * those ask is for a person.
 */
export const ACP_PRESETS = {
  /** Claude Code, by its agent for the protocol. Tools of MCP servers stay behind a search, unless there are few of them. */
  'claude-acp': {
    adapter: 'acp',
    command: ['claude-agent-acp'],
    mode: 'default',
    env: { ENABLE_TOOL_SEARCH: 'auto' },
  },
  /** Codex, by its agent for the protocol. Commands run in its sandbox, and it asks for what that does not let through. */
  'codex-acp': { adapter: 'acp', command: ['codex-acp'], mode: 'workspace-write' },
  /** Gemini CLI. It trusts no worktree by itself. */
  'gemini-acp': { adapter: 'acp', command: ['gemini', '--acp', '--skip-trust'], mode: 'default' },
  /** opencode. It has no modes: what it asks stands in its settings. */
  'opencode-acp': {
    adapter: 'acp',
    command: ['opencode', 'acp'],
    env: {
      OPENCODE_CONFIG_CONTENT: JSON.stringify({ permission: { edit: 'ask', bash: 'ask', webfetch: 'ask' } }),
    },
  },
  /** Qwen Code. Left alone, a classifier of its own decides. */
  'qwen-acp': { adapter: 'acp', command: ['qwen', '--acp'], mode: 'default' },
} as const satisfies Readonly<Record<string, z.input<typeof agentDefinitionSchema>>>

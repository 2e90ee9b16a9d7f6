import type { z } from 'zod'
import type { agentDefinitionSchema } from './kit/agentDefinition.ts'

/** A definition of an agent that leaves out what has a default. */
export type AgentPreset = z.input<typeof agentDefinitionSchema>

/**
 * Ready definitions of well-known agents, by name. None lets its agent ask a person on a terminal: it may write in its
 * workspace, and what else it may do is for its own configuration. `docs/agents.md` says what each was checked against.
 */
export const PRESETS = {
  /** Claude Code. Told the id of its session, so that it is known from the first moment; one event a line, so that work is seen. */
  claude: {
    adapter: 'process',
    command: [
      'claude',
      '--print',
      '--output-format=stream-json',
      '--verbose',
      '--permission-mode=acceptEdits',
      '--session-id={session}',
    ],
    resume: [
      'claude',
      '--print',
      '--output-format=stream-json',
      '--verbose',
      '--permission-mode=acceptEdits',
      '--resume={session}',
    ],
    prompt: 'stdin',
    session: { pattern: '"session_id":\\s*"([\\w-]+)"' },
  },
  /** Codex. The flags stand before `resume`, which does not take over those of the turn before. */
  codex: {
    adapter: 'process',
    command: ['codex', 'exec', '--json', '--sandbox=workspace-write', '--skip-git-repo-check', '-'],
    resume: [
      'codex',
      'exec',
      '--json',
      '--sandbox=workspace-write',
      '--skip-git-repo-check',
      'resume',
      '{session}',
      '-',
    ],
    prompt: 'stdin',
    session: { pattern: '"thread_id":\\s*"([\\w-]+)"' },
  },
  /** Gemini CLI. Without a terminal it takes its prompt from standard input and does not ask. */
  gemini: {
    adapter: 'process',
    command: ['gemini', '--output-format=stream-json', '--approval-mode=auto_edit'],
    resume: ['gemini', '--output-format=stream-json', '--approval-mode=auto_edit', '--resume={session}'],
    prompt: 'stdin',
    session: { pattern: '"session_?[iI]d":\\s*"([\\w-]+)"' },
  },
  /** aider. It has no sessions by id: the history of the workspace is what it remembers. Commits are left to the run. */
  aider: {
    adapter: 'process',
    command: ['aider', '--message-file', '{promptFile}', '--yes-always', '--no-auto-commits', '--no-pretty'],
    prompt: 'file',
  },
  /** opencode. What it may do is for `permission` in its own configuration. */
  opencode: {
    adapter: 'process',
    command: ['opencode', 'run', '--format', 'json'],
    resume: ['opencode', 'run', '--format', 'json', '--session', '{session}'],
    prompt: 'stdin',
    session: { pattern: '"sessionID":\\s*"(ses_\\w+)"' },
  },
  /** Claude Code in a terminal: it lives on from prompt to prompt, and a person may look in. */
  'claude-terminal': {
    adapter: 'tmux',
    command: ['claude', '--permission-mode=acceptEdits'],
    prompt: 'keys',
  },
  /** Codex in a terminal. */
  'codex-terminal': {
    adapter: 'tmux',
    command: ['codex', '--sandbox=workspace-write', '--ask-for-approval=never'],
    prompt: 'keys',
  },
} as const satisfies Readonly<Record<string, AgentPreset>>

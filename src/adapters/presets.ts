import type { z } from 'zod'
import { ACP_PRESETS } from './acpPresets.ts'
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
    output: 'jsonl:claude',
    mcp: 'claude',
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
    output: 'jsonl:codex',
    mcp: 'codex',
  },
  /**
   * Gemini CLI. It trusts no worktree by itself, and where nobody can be asked it has a tool for commands only if it may use all of its
   * tools.
   */
  gemini: {
    adapter: 'process',
    command: [
      'gemini',
      '--skip-trust',
      '--output-format=stream-json',
      '--approval-mode=yolo',
      '--session-id={session}',
    ],
    resume: [
      'gemini',
      '--skip-trust',
      '--output-format=stream-json',
      '--approval-mode=yolo',
      '--resume={session}',
    ],
    prompt: 'stdin',
    output: 'jsonl:gemini',
    mcp: 'gemini',
  },
  /** aider. It has no sessions by id: the history of the workspace is what it remembers. Commits are left to the run. */
  aider: {
    adapter: 'process',
    command: ['aider', '--message-file', '{promptFile}', '--yes-always', '--no-auto-commits', '--no-pretty'],
    prompt: 'file',
  },
  /** opencode. What it may do is for `permission` in its own configuration. Without `--thinking` it prints no thoughts. */
  opencode: {
    adapter: 'process',
    command: ['opencode', 'run', '--format', 'json', '--thinking'],
    resume: ['opencode', 'run', '--format', 'json', '--thinking', '--session', '{session}'],
    prompt: 'stdin',
    output: 'jsonl:opencode',
    mcp: 'opencode',
  },
  /** pi. One command for both: it makes a session that is not there yet. */
  pi: {
    adapter: 'process',
    command: ['pi', '--mode', 'json', '--session-id', '{session}'],
    resume: ['pi', '--mode', 'json', '--session-id', '{session}'],
    prompt: 'stdin',
    output: 'jsonl:pi',
    mcp: 'pi',
  },
  /** Qwen Code. As of Gemini CLI, from which it comes: without `yolo` it has no tool for commands. */
  qwen: {
    adapter: 'process',
    command: ['qwen', '--output-format=stream-json', '--approval-mode=yolo', '--session-id={session}'],
    resume: ['qwen', '--output-format=stream-json', '--approval-mode=yolo', '--resume={session}'],
    prompt: 'stdin',
    output: 'jsonl:qwen',
    mcp: 'qwen',
  },
  /** Claude Code in a terminal: it lives on from prompt to prompt, and a person may look in. */
  'claude-terminal': {
    adapter: 'tmux',
    command: ['claude', '--permission-mode=acceptEdits'],
    prompt: 'keys',
    terminal: { ready: 'accept edits on', busy: 'esc to interrupt', steer: 'esc to interrupt' },
    mcp: 'claude',
  },
  ...ACP_PRESETS,
} as const satisfies Readonly<Record<string, AgentPreset>>

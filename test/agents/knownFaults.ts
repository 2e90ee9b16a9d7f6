import type { Cell } from './table.ts'

/** Something that an agent can't do, or not wholly, by a fault or a limit of its own. */
export interface KnownFault {
  /** The agent by its preset, and the version in which it was seen. */
  readonly agent: string
  readonly version: string
  /** The scenario by its id. */
  readonly scenario: string
  /** Whether it can't, or can with something missing. */
  readonly outcome: 'NO' | 'LACKS'
  /** What the words of the result are then: another failure is none that is known. */
  readonly seen: RegExp
  /** As it stands in the table. */
  readonly reason: string
}

/** The faults of the versions that are tried. Another version is tried without them first. */
export const KNOWN_FAULTS: readonly KnownFault[] = [
  ...[
    ['gemini', '0.61.0'],
    ['codex', '0.171.0'],
    ['claude', '2.1.332'],
    ['opencode', '1.18.33'],
    ['qwen', '0.24.4'],
    ['pi', '1.6.0'],
  ].map(([agent = '', version = '']) => ({
    agent,
    version,
    scenario: 'steer',
    outcome: 'LACKS' as const,
    seen: /^with the next prompt$/,
    reason: 'with the next prompt: it reads no more once it has begun',
  })),
  ...[
    ['claude', '2.1.332'],
    ['claude-acp', '0.101.0'],
  ].map(([agent = '', version = '']) => ({
    agent,
    version,
    scenario: 'transcript',
    outcome: 'LACKS' as const,
    seen: /^without PLAN$/,
    reason: 'without PLAN: it offers no tool for one',
  })),
  ...[
    ['codex', '0.171.0'],
    ['codex-acp', '2.6.0'],
  ].map(([agent = '', version = '']) => ({
    agent,
    version,
    scenario: 'transcript',
    outcome: 'LACKS' as const,
    seen: /^without DIFF, PLAN$/,
    reason: 'without DIFF and PLAN: it writes files by commands, and offers no tool for a plan',
  })),
  {
    agent: 'gemini',
    version: '0.61.0',
    scenario: 'transcript',
    outcome: 'LACKS',
    seen: /^without THOUGHT, PLAN$/,
    reason: 'without THOUGHT and PLAN: its events have no thoughts, and it offers no tool for a plan',
  },
  ...[
    ['gemini-acp', '0.61.0'],
    ['pi', '1.6.0'],
  ].map(([agent = '', version = '']) => ({
    agent,
    version,
    scenario: 'transcript',
    outcome: 'LACKS' as const,
    seen: /^without PLAN$/,
    reason: 'without PLAN: it offers no tool for one',
  })),
  ...[
    ['codex-acp', '2.6.0'],
    ['opencode', '1.18.33'],
    ['opencode-acp', '1.18.33'],
    ['qwen', '0.24.4'],
    ['qwen-acp', '0.24.4'],
  ].map(([agent = '', version = '']) => ({
    agent,
    version,
    scenario: '429',
    outcome: 'NO' as const,
    seen: /^it is ended as silent$/,
    reason: 'it waits for the reset by itself, without a word, and is ended as silent',
  })),
  ...[
    ['qwen', '0.24.4'],
    ['qwen-acp', '0.24.4'],
  ].map(([agent = '', version = '']) => ({
    agent,
    version,
    scenario: 'transcript',
    outcome: 'LACKS' as const,
    seen: /^without PLAN$/,
    reason: 'without PLAN: its tool for one stays behind a search',
  })),
  {
    agent: 'opencode-acp',
    version: '1.18.33',
    scenario: 'transcript',
    outcome: 'LACKS',
    seen: /^without PLAN$/,
    reason: 'without PLAN: it tells of one as of any other tool call',
  },
  {
    agent: 'opencode-acp',
    version: '1.18.33',
    scenario: 'usage',
    outcome: 'LACKS',
    seen: /^without input, cached, output$/,
    reason:
      'without tokens: it tells those of the last step alone, which are not taken for those of the turn',
  },
  {
    agent: 'gemini-acp',
    version: '0.61.0',
    scenario: 'usage',
    outcome: 'LACKS',
    seen: /^without cached$/,
    reason: 'without cached tokens: it tells none over ACP',
  },
  ...[
    ['gemini-acp', '0.61.0'],
    ['opencode-acp', '1.18.33'],
    ['qwen-acp', '0.24.4'],
  ].map(([agent = '', version = '']) => ({
    agent,
    version,
    scenario: 'steer',
    outcome: 'LACKS' as const,
    seen: /^with the next prompt$/,
    reason: 'with the next prompt: it announces no steering',
  })),
  ...[
    ['codex', '0.171.0'],
    ['claude', '2.1.332'],
    ['claude-acp', '0.101.0'],
  ].map(([agent = '', version = '']) => ({
    agent,
    version,
    scenario: '429',
    outcome: 'LACKS' as const,
    seen: /^without the time of the reset$/,
    reason: 'without the time of the reset: it does not pass that on',
  })),
]

/** The fault that a cell is known for; undefined where it is known for none. */
export function findFault({ agent, scenario }: Cell): KnownFault | undefined {
  return KNOWN_FAULTS.find(
    (fault) =>
      fault.agent === agent.name && fault.version === agent.version && fault.scenario === scenario.id,
  )
}

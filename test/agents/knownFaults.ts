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
  {
    agent: 'codex',
    version: '0.171.0',
    scenario: 'transcript',
    outcome: 'LACKS',
    seen: /^without DIFF, PLAN$/,
    reason: 'without DIFF and PLAN: it writes files by commands, and offers no tool for a plan',
  },
]

/** The fault that a cell is known for; undefined where it is known for none. */
export function findFault({ agent, scenario }: Cell): KnownFault | undefined {
  return KNOWN_FAULTS.find(
    (fault) =>
      fault.agent === agent.name && fault.version === agent.version && fault.scenario === scenario.id,
  )
}

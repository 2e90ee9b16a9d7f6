/** A fault of an agent that is worked around, or that people should know of. */
export interface KnownFault {
  /** The agent as it introduces itself. */
  readonly agent: string
  /** The version in which it was seen. Whether a later one still has it is not known. */
  readonly seenIn: string
  /** What is done about it; null where nothing can be. */
  readonly remedy: 'LOAD_IN_ANOTHER_MINUTE' | 'USAGE_IGNORED' | 'ERRORS_IN_MESSAGES' | null
  readonly says: string
}

/** The faults that were seen, as data: a rule of the protocol is never bent for one agent in the code that follows it. */
export const KNOWN_FAULTS: readonly KnownFault[] = [
  {
    agent: 'gemini-cli',
    seenIn: '0.61.0',
    remedy: 'LOAD_IN_ANOTHER_MINUTE',
    says: 'wipes a session that is loaded in the minute in which it was made or last loaded; it is loaded in the next one',
  },
  {
    agent: 'OpenCode',
    seenIn: '1.18.33',
    remedy: 'USAGE_IGNORED',
    says: 'tells the tokens of the last step of a turn alone; they are not taken for the turn’s',
  },
  {
    agent: '@agentclientprotocol/codex-acp',
    seenIn: '2.6.0',
    remedy: 'ERRORS_IN_MESSAGES',
    says: 'tells most errors of its model as a message, and ends the turn as if it were done; a last message that is its own is read as the error',
  },
  {
    agent: '@agentclientprotocol/codex-acp',
    seenIn: '2.6.0',
    remedy: null,
    says: 'leaves a command running after a cancel; it ends with the agent’s process, as everything that carries its execution id',
  },
  {
    agent: '@agentclientprotocol/claude-agent-acp',
    seenIn: '0.101.0',
    remedy: null,
    says: 'tries a refused key ten times, for three minutes and in silence, before it names the error',
  },
]

/** Whether this remedy is due for an agent, whatever its version: that a fault is mended is not known until it was tried. */
export function needs(remedy: NonNullable<KnownFault['remedy']>, agent: string | undefined): boolean {
  return KNOWN_FAULTS.some((fault) => fault.agent === agent && fault.remedy === remedy)
}

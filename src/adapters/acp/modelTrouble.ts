import type { AgentFailure } from '../kit/adapter.ts'
import { classifyFailure } from '../kit/modelError.ts'
import { composeWords } from './answers.ts'
import { needs } from './knownFaults.ts'
import type { Update } from './messages.ts'

/** What an agent has told last of an error of its model, beside the protocol; whatever it says or does after that takes it back. */
export class ModelTrouble {
  readonly #agent: string | undefined
  #told: { readonly message: string; readonly isRetried: boolean } | null = null

  /** @param agent as it introduces itself */
  constructor(agent: string | undefined) {
    this.#agent = agent
  }

  note(update: Update): void {
    switch (update.sessionUpdate) {
      case 'session_info_update': {
        const message = update._meta?.codex?.error?.message
        if (message !== undefined) this.#told = { message: composeWords(message), isRetried: true }
        return
      }
      case 'agent_message_chunk': {
        // what the model says has an id; what has none are words of the agent's own
        const { text } = update.content
        const isOwn = update.messageId == null && typeof text === 'string'
        this.#told =
          isOwn && needs('ERRORS_IN_MESSAGES', this.#agent)
            ? { message: composeWords(text.trim()), isRetried: false }
            : null
        return
      }
      case 'agent_thought_chunk':
      case 'tool_call':
      case 'tool_call_update':
      case 'plan':
        this.#told = null
        return
      case 'user_message_chunk':
      case 'usage_update':
    }
  }

  /** The error that the turn ended with, where the agent says that it is done; null where there was none. */
  get atEnd(): AgentFailure | null {
    const failure = this.#told && { code: null, message: this.#told.message }
    return failure && classifyFailure(failure, Date.now()) ? failure : null
  }

  /** The error after which the agent tries again. */
  get retried(): AgentFailure | null {
    return this.#told?.isRetried ? { code: null, message: this.#told.message } : null
  }
}

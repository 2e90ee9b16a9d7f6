import type { Message, MessageMode, Receipt } from '@pawl/sdk'
import type { Agent } from '../../adapters/kit/adapter.ts'
import type { RunContext } from '../run/runContext.ts'
import type { PendingMessage } from '../run/phaseProgress.ts'

/**
 * Passes people's messages to the agent at work. A message that can't be delivered during a turn is carried by the next
 * prompt. The receipt is DELIVERED once an agent was handed the message during its turn, and CONSUMED once that turn is
 * over or a prompt carried the message.
 */
export class Steering {
  readonly #run: RunContext
  readonly #waiting: Message[] = []
  readonly #delivered = new Set<string>()
  #agent: Agent | undefined
  #queue: Promise<void> = Promise.resolve()

  constructor(run: RunContext) {
    this.#run = run
    void this.#listen()
  }

  /** Whether a message was delivered to the agent in its current turn. */
  isDelivered(messageId: string): boolean {
    return this.#delivered.has(messageId)
  }

  /** Starts delivery to an agent that works on a prompt, except of the messages that the prompt carries. */
  begin(agent: Agent, carried: readonly PendingMessage[]): void {
    const known = new Set(carried.map(({ id }) => id))
    const unknown = this.#waiting.filter(({ id }) => !known.has(id))
    this.#waiting.splice(0, Infinity, ...unknown)
    this.#agent = agent
    this.#pump()
  }

  /** Ends delivery when the turn is over, and acknowledges what was delivered in it as CONSUMED. */
  async end(): Promise<void> {
    this.#agent = undefined
    await this.#queue
    for (const id of this.#delivered) await this.acknowledge(id, 'CONSUMED', 'STEER')
    this.#delivered.clear()
  }

  /** Acknowledges a message, as what it reached the agent. Does nothing if the server no longer knows the message. */
  async acknowledge(messageId: string, receipt: Receipt, mode: MessageMode): Promise<void> {
    const { owned, call } = this.#run
    const answer = await owned.messages.acknowledge(messageId, receipt, { mode, ...call })
    if (answer.__typename === 'NotFound') return
    this.#run.accept(answer)
    this.#run.report({ kind: 'message-taken', messageId, receipt, mode })
  }

  async #listen(): Promise<void> {
    for await (const message of this.#run.owned.messages) {
      if (message.mode !== 'STEER') continue
      this.#waiting.push(message)
      this.#pump()
    }
  }

  #pump(): void {
    this.#queue = this.#queue.then(() => this.#passOn()).catch((error: unknown) => this.#tell(error))
  }

  async #passOn(): Promise<void> {
    for (let message = this.#waiting[0]; message && this.#agent; message = this.#waiting[0]) {
      const hasIt = await this.#agent.steer(message.text)
      if (!hasIt) return
      this.#waiting.shift()
      this.#delivered.add(message.id)
      await this.acknowledge(message.id, 'DELIVERED', 'STEER')
    }
  }

  #tell(error: unknown): void {
    if (!this.#run.hasLeft) this.#run.tools.report({ kind: 'trouble', message: String(error) })
  }
}

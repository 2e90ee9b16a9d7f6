import type { Message, Receipt } from '@pawl/sdk'
import type { Agent } from '../../adapters/kit/adapter.ts'
import type { RunContext } from '../run/runContext.ts'
import type { PendingMessage } from '../run/phaseProgress.ts'

/**
 * Passes what people say on to the agent at work. What can't be passed on during a turn waits for the next prompt, which carries it.
 * DELIVERED is what an agent was handed in the midst of its turn, CONSUMED what it has had in one.
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

  /** Whether the agent at work was handed it. */
  isDelivered(messageId: string): boolean {
    return this.#delivered.has(messageId)
  }

  /** The agent works on a prompt, which carries these messages. */
  begin(agent: Agent, carried: readonly PendingMessage[]): void {
    const known = new Set(carried.map(({ id }) => id))
    const unknown = this.#waiting.filter(({ id }) => !known.has(id))
    this.#waiting.splice(0, Infinity, ...unknown)
    this.#agent = agent
    this.#pump()
  }

  /** The agent's turn is over: what it was handed in it, it has had. */
  async end(): Promise<void> {
    this.#agent = undefined
    await this.#queue
    for (const id of this.#delivered) await this.acknowledge(id, 'CONSUMED')
    this.#delivered.clear()
  }

  /** The receipt for a message. One that nobody waits for any more is as good as given. */
  async acknowledge(messageId: string, receipt: Receipt): Promise<void> {
    const { owned, call } = this.#run
    const answer = await owned.messages.acknowledge(messageId, receipt, call)
    if (answer.__typename === 'MessageNotFound') return
    this.#run.accept(answer)
    this.#run.report({ kind: 'message-taken', messageId, receipt })
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
      await this.acknowledge(message.id, 'DELIVERED')
    }
  }

  #tell(error: unknown): void {
    if (!this.#run.hasLeft) this.#run.tools.report({ kind: 'trouble', message: String(error) })
  }
}

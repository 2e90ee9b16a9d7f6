import * as g from '../generated/graphql.ts'
import { requireRun } from '../request/pages.ts'
import type { CallOptions, Requests } from '../request/request.ts'
import type * as t from '../request/types.ts'

/** Messages: steering text for a live run. */
export class Messages {
  readonly #requests: Requests

  constructor(requests: Requests) {
    this.#requests = requests
  }

  /**
   * Sends text to the run's owner: immediately, or with `mode: 'FOLLOW_UP'` once its session is READY for more.
   *
   * Problems: `RunNotActive`, `RevisionConflict`, `IdempotencyMismatch`, `NotFound`, `InvalidInput`, `Forbidden`.
   */
  async send(
    runId: string,
    text: string,
    fields: t.Fields<g.SendMessageInput, 'runId' | 'text'> = {},
  ): Promise<t.SendMessageResult> {
    return this.#requests.mutate(g.SendMessageDocument, { ...fields, runId, text })
  }

  /**
   * Records the owner's receipt: DELIVERED to the agent, then CONSUMED by it. Until the first receipt the message is
   * delivered again.
   *
   * Problems: `LeaseLost`, `RevisionConflict`, `NotFound`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async acknowledge(
    messageId: string,
    receipt: g.Receipt,
    fields: t.Fields<g.AcknowledgeMessageInput, 'messageId' | 'receipt'> = {},
  ): Promise<t.AcknowledgeMessageResult> {
    const input = { ...fields, messageId, receipt }
    return this.#requests.mutate(g.AcknowledgeMessageDocument, input)
  }

  /**
   * One page of a run's messages.
   *
   * @throws PawlFault `RUN_NOT_FOUND`.
   */
  async list(runId: string, page: t.PageFields & CallOptions = {}): Promise<t.Page<t.Message>> {
    const run = await this.#requests.query(g.MessagesDocument, { ...page, runId })
    return requireRun(runId, run).messages
  }
}

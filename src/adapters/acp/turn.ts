import { RequestError } from '@agentclientprotocol/sdk'
import type { z } from 'zod'
import type { Ending } from '../../processes/launch.ts'
import { exited } from '../kit/adapter.ts'
import type { AgentContext, AgentFailure, StopReason, TurnResult } from '../kit/adapter.ts'
import type { Permission } from '../kit/entry.ts'
import { composeWords, toFailure } from './answers.ts'
import type { PermissionAnswer } from './decidePermission.ts'
import type { LiveAgent } from './liveAgent.ts'
import { notificationSchema, promptedSchema, updateSchema } from './messages.ts'
import type { PermissionMessage } from './messages.ts'
import { ModelTrouble } from './modelTrouble.ts'
import { addTokens, readUsage } from './readUsage.ts'
import type { TokensTold } from './readUsage.ts'
import { toToolKind, UpdateReporter } from './reportUpdate.ts'
import { ToolCalls } from './toolCalls.ts'

const STOP_REASONS: Readonly<Record<string, StopReason>> = {
  end_turn: 'END_TURN',
  cancelled: 'CANCELLED',
  refusal: 'REFUSAL',
  max_tokens: 'MAX_TOKENS',
  max_turn_requests: 'MAX_TURN_REQUESTS',
}

/** The work on one prompt, as the agent tells it. */
export class AcpTurn {
  readonly #context: AgentContext
  readonly #live: LiveAgent
  readonly #calls: ToolCalls
  readonly #reporter: UpdateReporter
  readonly #trouble: ModelTrouble
  readonly #begunAt = performance.now()
  readonly #costBefore: LiveAgent['cost']
  readonly #ended = new AbortController()
  #isOn = true
  /** What its requests used, of an agent that tells of each. */
  #tokens: TokensTold | null = null
  #isCancelled = false
  #waiting = 0
  #waitsSince = 0
  #waitedMs = 0
  #waitedUntil = -Infinity

  constructor(context: AgentContext, live: LiveAgent) {
    this.#context = context
    this.#live = live
    this.#calls = new ToolCalls(context.definition.toolSeconds * 1_000)
    this.#reporter = new UpdateReporter(context.output)
    this.#trouble = new ModelTrouble(live.initialized?.agentInfo?.name)
    this.#costBefore = live.cost
  }

  /** Whether the agent works on it. */
  get isOn(): boolean {
    return this.#isOn
  }

  /** Whether the agent was told to end it. */
  get isCancelled(): boolean {
    return this.#isCancelled
  }

  /** Aborts when it is over. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  /** The last moment at which a tool call in progress, or a person who is asked, was a sign of life. */
  get lastSignAt(): number {
    return this.#waiting > 0 ? performance.now() : Math.max(this.#calls.lastSignAt, this.#waitedUntil)
  }

  /** For how long people were asked in it, in milliseconds. */
  get waitedMs(): number {
    return this.#waitedMs + (this.#waiting > 0 ? performance.now() - this.#waitsSince : 0)
  }

  /** Notes that one question more, or one less, waits for a person. */
  waits(change: 1 | -1): void {
    const now = performance.now()
    if (this.#waiting > 0) this.#waitedMs += now - this.#waitsSince
    this.#waiting += change
    this.#waitsSince = now
    this.#waitedUntil = now
  }

  cancel(): void {
    this.#isCancelled = true
  }

  /** Takes an update, whatever it may be: one of another session or an unknown kind is a sign of life and no more. */
  update(params: unknown): void {
    const notification = notificationSchema.safeParse(params)
    if (!this.#isOn || notification.data?.sessionId !== this.#live.sessionId) return
    const { data: update } = updateSchema.safeParse(notification.data?.update)
    if (!update) return
    if (update.sessionUpdate === 'tool_call' || update.sessionUpdate === 'tool_call_update')
      this.#calls.note(update)
    if (update.sessionUpdate === 'usage_update' && update.cost) this.#live.cost = update.cost
    if (update.sessionUpdate === 'agent_message_chunk' || update.sessionUpdate === 'agent_thought_chunk') {
      const used = update._meta?.usage
      if (used) this.#tokens = addTokens(this.#tokens, used)
    }
    this.#trouble.note(update)
    this.#reporter.report(update)
  }

  /** Notes what the agent was answered that asked for a permission. Some tell of a call only by asking. */
  permission(
    { toolCall }: PermissionMessage,
    { isAllowed }: PermissionAnswer,
    told: Pick<Permission, 'state' | 'approvalId' | 'text'>,
  ): void {
    this.#reporter.reportCall(toolCall)
    if (isAllowed) this.#calls.note({ toolCallId: toolCall.toolCallId, status: 'in_progress' })
    this.#context.output.report({
      kind: 'PERMISSION',
      title: toolCall.title ?? undefined,
      toolKind: toToolKind(toolCall),
      ...told,
    })
  }

  /** The agent answered that its turn is over. */
  conclude(answer: unknown): TurnResult {
    const read = promptedSchema.safeParse(answer ?? {})
    const prompted = read.success ? read.data : {}
    this.#reportUsage(prompted)
    const { stopReason } = prompted
    const stop =
      stopReason !== undefined && Object.hasOwn(STOP_REASONS, stopReason) ? STOP_REASONS[stopReason] : null
    const { atEnd, retried } = this.#trouble
    const failure = stop === 'END_TURN' && atEnd ? this.#tell(atEnd) : null
    // an agent that is ended while it tries again does not name the error once more
    return { exit: null, stop: stop ?? null, failure: stop === 'CANCELLED' ? retried : failure }
  }

  /** The agent answered with an error, and lives on. */
  fail(error: RequestError): TurnResult {
    this.#reportUsage()
    return { exit: null, stop: null, failure: this.#tell(toFailure(error)) }
  }

  /** Its process ended in the middle. */
  exit(ending: Ending, error: unknown): TurnResult {
    this.#reportUsage()
    // Why the connection broke says more than how the process was ended for it; that it ended says nothing more.
    const isTold = error instanceof RequestError || (error instanceof Error && error.name === 'ProtocolError')
    if (!isTold) return exited(ending, this.#trouble.retried)
    const message = composeWords(error.message)
    return exited(
      ending,
      this.#tell(error instanceof RequestError ? toFailure(error) : { code: null, message }),
    )
  }

  /** Ends it: nothing that comes after belongs to it. */
  end(): void {
    this.#isOn = false
    this.#calls.clear()
    this.#ended.abort()
  }

  /** Reports what it used: by its end, else by what was told while it went on, where anything was. */
  #reportUsage(prompted?: z.infer<typeof promptedSchema>): void {
    const { cost: after, isNew, initialized } = this.#live
    const before = this.#costBefore ?? (isNew && after ? { ...after, amount: 0 } : null)
    if (!prompted && !this.#tokens && (after === null || after.amount === before?.amount)) return
    const told = { ...prompted, usage: prompted?.usage ?? this.#tokens }
    const durationMs = performance.now() - this.#begunAt
    const usage = readUsage(initialized?.agentInfo?.name, told, { before, after }, durationMs)
    if (usage) this.#context.output.report(usage)
  }

  #tell(failure: AgentFailure): AgentFailure {
    const code = failure.code === null ? undefined : String(failure.code)
    this.#context.output.report({ kind: 'ERROR', text: failure.message, code })
    return failure
  }
}

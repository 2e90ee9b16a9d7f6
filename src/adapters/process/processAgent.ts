import { randomUUID } from 'node:crypto'
import type { Ending } from '../../processes/launch.ts'
import type { StopLimits } from '../../processes/processGroup.ts'
import { AgentError, exited, WAITS } from '../kit/adapter.ts'
import type {
  Agent,
  AgentActivity,
  AgentContext,
  AgentFailure,
  ProcessEnd,
  Prompt,
  TurnResult,
} from '../kit/adapter.ts'
import { agentSurvives } from '../kit/agentSurvives.ts'
import { fillCommand } from '../kit/fillCommand.ts'
import { classifyFailure, SESSION_UNKNOWN, saysSessionUnknown } from '../kit/modelError.ts'
import { SessionIdFinder } from '../kit/findSessionId.ts'
import { addKey, identify } from '../kit/handle.ts'
import type { AgentHandle } from '../kit/handle.ts'
import { findReader } from '../jsonl/readers.ts'
import { TurnEvents } from '../jsonl/turnEvents.ts'
import { PromptFiles } from '../kit/promptFiles.ts'
import { quoteCommand } from '../../text/quoteCommand.ts'
import { checkCommand, environmentOf } from '../kit/startable.ts'
import { orAborted } from '../kit/waiting.ts'
import { giveMcp } from '../mcp/giveMcp.ts'
import { PipesAhead } from './pipesAhead.ts'
import { Turn } from './turn.ts'

/** So much of the end of what a turn prints is looked at where it was to take up a session, in bytes. */
const TAIL = 8_192

/** A process that waits at its gate, and is recorded. */
interface Waiting {
  readonly turn: Turn
  readonly executionId: string
  /** The agent's own session that it takes up, or is told; null where there is none. */
  readonly session: string | null
}

/** An agent that is a command for each prompt: it works as long as its process lives. */
export class ProcessAgent implements Agent {
  readonly isAdopted = false
  readonly #context: AgentContext
  readonly #prompts: PromptFiles
  readonly #pipes: PipesAhead
  readonly #finder: SessionIdFinder | null
  /** Reads the events of the turn under way; null where the agent prints text. */
  #events: TurnEvents | null = null
  /** Whether the turn under way was to take up the agent's own session, and the end of what it printed. */
  #isResumed = false
  #tail = ''
  #handle: AgentHandle
  /** Whether an agent was handed something before, under an earlier owner. */
  readonly #wasThere: boolean
  #lastSignAt = performance.now()
  /** Until when an agent that prints events may take to begin, as `performance.now()`; 0 where it has begun, or prints text. */
  #beginsUntil = 0
  #turn: Turn | null = null
  /** How the last turn ended, once its processes are gone. */
  #over: Promise<TurnResult> | null = null
  /** Resolves when that is recorded, and the handle tells of it. */
  #recorded: Promise<unknown> | null = null
  #launching: Promise<Turn> | null = null
  /** What was prepared and not sent yet. */
  #prepared: { readonly key: string; readonly waiting: Promise<Waiting> } | null = null
  /** Resolves when it is recorded that what was prepared last, and not sent, has ended. */
  #abandoned: Promise<void> = Promise.resolve()
  #saved: Promise<void> = Promise.resolve()
  #stops = 0

  constructor(context: AgentContext, handle: AgentHandle, wasThere: boolean) {
    this.#context = context
    this.#wasThere = wasThere
    this.#handle = handle
    this.#prompts = new PromptFiles(context.stateDir)
    const { session } = context.definition
    const isText = findReader(context.definition) === null
    this.#pipes = new PipesAhead(context.stateDir, !isText)
    this.#finder = isText && session ? new SessionIdFinder(session.pattern) : null
  }

  get lastActivityAt(): number {
    const now = performance.now()
    const isBusy = this.#turn?.isRunning && (this.#events?.isBusy || now < this.#beginsUntil)
    return isBusy ? now : this.#lastSignAt
  }

  /** It has no way to ask. */
  readonly waitedMs = 0

  async probe(): Promise<AgentActivity> {
    if (this.#turn?.isRunning) return 'WORKING'
    return this.#over || this.#wasThere ? 'GONE' : 'WAITING'
  }

  async hasReceived(key: string): Promise<boolean> {
    return this.#handle.keys.includes(key) || this.#prompts.wasReceived(key)
  }

  prepare(prompt: Prompt): boolean {
    if (this.#prepared || this.#isBusy) return false
    const waiting = this.#start(prompt)
    waiting.catch(() => undefined)
    this.#prepared = { key: prompt.key, waiting }
    return true
  }

  async send(prompt: Prompt): Promise<void> {
    const prepared = this.#prepared
    this.#prepared = null
    if (prepared && prepared.key !== prompt.key) this.#abandoned = abandon(prepared.waiting, this.#context)
    else if (!prepared && this.#isBusy)
      throw new AgentError(
        'RECOVERABLE',
        'AGENT_BUSY',
        'the agent works on the prompt before',
        'Wait for the end of its turn, or stop it.',
      )
    const isReady = prepared?.key === prompt.key
    const { turn, executionId, session } = await (isReady ? prepared.waiting : this.#start(prompt))
    this.#lastSignAt = performance.now()
    const { startSeconds } = this.#context.definition
    this.#beginsUntil = this.#events ? this.#lastSignAt + startSeconds * 1_000 : 0
    const begun = this.#begin(turn, executionId, prompt.key, session)
    this.#over = this.#conclude(turn, executionId, begun)
    if (!(await begun))
      throw new AgentError(
        'RECOVERABLE',
        'AGENT_NOT_STARTED',
        'the agent was ended before it began',
        'Send the prompt again.',
      )
  }

  /** A command has read its prompt, and reads no more. */
  async steer(): Promise<boolean> {
    return false
  }

  async turnOver(signal: AbortSignal): Promise<TurnResult> {
    signal.throwIfAborted()
    if (this.#over) return orAborted(this.#over, signal)
    return this.#wasThere ? exited({ exitCode: null, signal: null }) : WAITS
  }

  async restart(limits: StopLimits): Promise<void> {
    if (!(await this.stop(limits, 'CANCELLED'))) throw agentSurvives()
    await this.#save({ session: null, counters: {} })
  }

  async stop(limits: StopLimits, end: ProcessEnd['end']): Promise<boolean> {
    this.#stops += 1
    const prepared = this.#prepared
    this.#prepared = null
    const turn = (await this.#launching?.catch(() => null)) ?? this.#turn
    if (prepared) this.#abandoned = abandon(prepared.waiting, this.#context)
    if (!turn) return true
    const { isGone } = await turn.stop(limits, end)
    await this.#settled()
    return isGone
  }

  async close(): Promise<void> {
    await this.stop({ killAfterMs: 0, mustKill: () => true }, 'CANCELLED')
    await this.#abandoned
    await this.#saved.catch(() => undefined)
    await this.#pipes.close()
  }

  get #isBusy(): boolean {
    return this.#launching !== null || this.#turn?.isRunning === true
  }

  /** Starts a process for a prompt: it waits at its gate then, and is recorded. */
  async #start(prompt: Prompt): Promise<Waiting> {
    const stops = this.#stops
    await this.#abandoned
    await this.#settled()
    const { command, session } = await this.#commandFor(prompt)
    if (stops !== this.#stops) throw stopped()
    this.#launching = this.#launch(prompt, command)
    let turn: Turn
    try {
      turn = await this.#launching
    } finally {
      this.#launching = null
    }
    return { turn, executionId: await this.#record(turn, command, stops), session }
  }

  /** The command for this prompt: the one that takes the agent's own session up where there is one. */
  async #commandFor(prompt: Prompt): Promise<{ command: string[]; session: string | null }> {
    const { definition, workspace } = this.#context
    const { resume, command } = definition
    const { session } = this.#handle
    const promptFile = await this.#prompts.keep(prompt)
    const isNew = session === null || resume === null
    this.#isResumed = !isNew
    const words = isNew ? command : resume
    // An agent that lets others choose the id of its session is told one.
    const chosen = isNew && words.some((word) => word.includes('{session}')) ? randomUUID() : session
    const fillings = { prompt: prompt.text, promptFile, session: chosen, workspace }
    return { command: fillCommand(words, fillings), session: chosen }
  }

  async #launch(prompt: Prompt, command: readonly string[]): Promise<Turn> {
    const { definition, workspace, keep } = this.#context
    const env = environmentOf(this.#context)
    checkCommand(command, env, workspace)
    const events = this.#openEvents()
    this.#events = events
    this.#tail = ''
    const turn = await Turn.open({
      ...(await giveMcp(this.#context, command, env)),
      workspace,
      pipes: this.#pipes,
      keep,
      input: definition.prompt === 'stdin' ? await this.#prompts.keep(prompt) : '/dev/null',
      marker: this.#prompts.markerOf(prompt.key),
      take: (bytes) => this.#take(bytes),
      takeErrors: events ? (bytes) => this.#takeErrors(bytes, events) : undefined,
    })
    this.#turn = turn
    return turn
  }

  /** Records the process while it waits at its gate, and stores in the session's folder how to find it. */
  async #record(turn: Turn, command: readonly string[], stops: number): Promise<string> {
    const { definition, recordStart, recordEnd } = this.#context
    try {
      const shown = definition.prompt === 'argument' ? definition.command : command
      // one after the other: a handle that is still being saved must not replace this one
      await this.#saved.catch(() => undefined)
      this.#handle = { ...this.#handle, leader: identify(turn.pid), executionId: null }
      const { pid } = turn
      const executionId = await recordStart({ command: quoteCommand(shown), pid, handle: this.#handle })
      this.#handle = { ...this.#handle, executionId }
      if (stops === this.#stops) return executionId
      const { isGone: _, ...end } = await turn.abandon()
      await recordEnd(executionId, end)
      throw stopped()
    } catch (error) {
      await turn.abandon()
      throw error
    }
  }

  async #begin(turn: Turn, executionId: string, key: string, session: string | null): Promise<boolean> {
    const before = this.#handle.session
    if (!(await turn.begin(executionId))) return false
    this.#pipes.prepare()
    this.#handle = { ...this.#handle, keys: addKey(this.#handle.keys, key) }
    // A session that was told to an agent is there once that has begun; what the agent itself says counts more.
    if (session !== before && this.#handle.session === before)
      await this.#save({ session }).catch(() => undefined)
    return true
  }

  async #conclude(turn: Turn, executionId: string, begun: Promise<boolean>): Promise<TurnResult> {
    const [{ isGone, ...end }] = await Promise.all([turn.over, begun])
    this.#events?.end()
    const failure = this.#isRefused(end) ? this.#refusal() : (this.#events?.failure ?? null)
    const found = this.#finder?.end() ?? this.#handle.session
    const session = failure?.code === SESSION_UNKNOWN ? null : found
    const counters = this.#events?.counters ?? this.#handle.counters
    // What could not be kept is found out by the next owner, who looks for the processes himself.
    this.#handle = {
      ...this.#handle,
      session,
      counters,
      ...(isGone && { leader: null, executionId: null }),
    }
    this.#recorded = Promise.allSettled([this.#context.recordEnd(executionId, end, this.#handle)])
    return exited({ exitCode: end.exitCode, signal: end.signal }, failure)
  }

  /** Resolves when the end of the last turn is recorded. */
  async #settled(): Promise<void> {
    await this.#over
    await this.#recorded
  }

  /** Whether it ended because it has no session by the id that it was to be taken up by. */
  #isRefused({ exitCode }: Ending): boolean {
    if (!this.#isResumed || exitCode === null || exitCode === 0 || this.#events?.hasWorked) return false
    return saysSessionUnknown(`${this.#tail}\n${this.#events?.failure?.message ?? ''}`)
  }

  #refusal(): AgentFailure {
    const message = this.#events?.failure?.message ?? this.#tail.trim().split('\n').at(-1) ?? ''
    return { code: SESSION_UNKNOWN, message }
  }

  #openEvents(): TurnEvents | null {
    const { definition, output } = this.#context
    const reader = findReader(definition)
    return (
      reader &&
      new TurnEvents({
        reader,
        output,
        busyMs: definition.toolSeconds * 1_000,
        // A new session of the agent counts from nothing.
        counters: this.#isResumed ? this.#handle.counters : {},
        begin: (session) => this.#learn(session),
        hear: (failure) => this.#endIfHopeless(failure),
      })
    )
  }

  #take(bytes: Uint8Array): void {
    this.#lastSignAt = performance.now()
    this.#beginsUntil = 0
    this.#keepTail(bytes)
    if (this.#events) return this.#events.takeOutput(bytes)
    this.#context.output.write(bytes)
    const found = this.#finder?.take(bytes)
    if (found) this.#learn(found)
  }

  #takeErrors(bytes: Uint8Array, events: TurnEvents): void {
    this.#lastSignAt = performance.now()
    this.#keepTail(bytes)
    events.takeErrors(bytes)
  }

  #keepTail(bytes: Uint8Array): void {
    if (!this.#isResumed) return
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(-TAIL)
    this.#tail = (this.#tail + text.toString('utf8')).slice(-TAIL)
  }

  /** Some agents retry for minutes with a credential that was refused. */
  #endIfHopeless(failure: AgentFailure): void {
    const found = classifyFailure(failure, Date.now())?.class
    if (found !== 'AUTH' && found !== 'BILLING') return
    const { killAfterSeconds } = this.#context.definition
    void this.#turn?.stop({ killAfterMs: killAfterSeconds * 1_000, mustKill: () => false }, 'CANCELLED')
  }

  /** Keeps the agent's own session id, at once: an owner who comes after a crash takes the agent up by it. */
  #learn(session: string): void {
    if (session !== this.#handle.session) void this.#save({ session }).catch(() => undefined)
  }

  /** Keeps what changed of the handle, one after the other. */
  #save(changed: Partial<AgentHandle>): Promise<void> {
    this.#handle = { ...this.#handle, ...changed }
    const save = () => this.#context.saveHandle(this.#handle)
    return (this.#saved = this.#saved.then(save, save))
  }
}

function stopped(): AgentError {
  return new AgentError('RECOVERABLE', 'AGENT_STOPPED', 'the agent was stopped', 'Send the prompt again.')
}

/** Ends a process at its gate, whose prompt is not sent, and records that. */
async function abandon(waiting: Promise<Waiting>, { recordEnd }: AgentContext): Promise<void> {
  const found = await waiting.catch(() => null)
  if (!found) return
  const { isGone: _, ...end } = await found.turn.abandon()
  await recordEnd(found.executionId, end).catch(() => undefined)
}

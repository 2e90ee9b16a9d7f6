import { randomUUID } from 'node:crypto'
import type { Ending } from '../../processes/launch.ts'
import type { StopLimits } from '../../processes/processGroup.ts'
import { AgentError, exited, WAITS } from '../kit/adapter.ts'
import type { Agent, AgentActivity, AgentContext, ProcessEnd, Prompt, TurnResult } from '../kit/adapter.ts'
import { agentSurvives } from '../kit/agentSurvives.ts'
import { fillCommand } from '../kit/fillCommand.ts'
import { SessionIdFinder } from '../kit/findSessionId.ts'
import { addKey, identify } from '../kit/handle.ts'
import type { AgentHandle } from '../kit/handle.ts'
import { PromptFiles } from '../kit/promptFiles.ts'
import { quoteCommand } from '../../text/quoteCommand.ts'
import { checkCommand, environmentOf } from '../kit/startable.ts'
import { orAborted } from '../kit/waiting.ts'
import { Turn } from './turn.ts'

/** An agent that is a command for each prompt: it works as long as its process lives. */
export class ProcessAgent implements Agent {
  readonly isAdopted = false
  readonly #context: AgentContext
  readonly #prompts: PromptFiles
  readonly #finder: SessionIdFinder | null
  #handle: AgentHandle
  /** Whether an agent was handed something before, under an earlier owner. */
  readonly #wasThere: boolean
  #lastSignAt = performance.now()
  #turn: Turn | null = null
  /** The conclusion of the last turn: its end is recorded and the handle tells of it. */
  #concluded: Promise<Ending> | null = null
  #launching: Promise<Turn> | null = null
  #saved: Promise<void> = Promise.resolve()
  #stops = 0

  constructor(context: AgentContext, handle: AgentHandle, wasThere: boolean) {
    this.#context = context
    this.#wasThere = wasThere
    this.#handle = handle
    this.#prompts = new PromptFiles(context.stateDir)
    const { session } = context.definition
    this.#finder = session && new SessionIdFinder(session.pattern)
  }

  get lastActivityAt(): number {
    return this.#lastSignAt
  }

  async probe(): Promise<AgentActivity> {
    if (this.#turn?.isRunning) return 'WORKING'
    return this.#concluded || this.#wasThere ? 'GONE' : 'WAITING'
  }

  async hasReceived(key: string): Promise<boolean> {
    return this.#handle.keys.includes(key) || this.#prompts.wasReceived(key)
  }

  async send(prompt: Prompt): Promise<void> {
    if (this.#launching || this.#turn?.isRunning)
      throw new AgentError(
        'RECOVERABLE',
        'AGENT_BUSY',
        'the agent works on the prompt before',
        'Wait for the end of its turn, or stop it.',
      )
    await this.#concluded
    const stops = this.#stops
    const { command, session } = await this.#commandFor(prompt)
    this.#launching = this.#launch(prompt, command)
    let turn: Turn
    try {
      turn = await this.#launching
    } finally {
      this.#launching = null
    }
    const executionId = await this.#record(turn, command, stops)
    this.#lastSignAt = performance.now()
    const begun = this.#begin(turn, executionId, prompt.key, session)
    this.#concluded = this.#conclude(turn, executionId, begun)
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
    if (this.#concluded) return exited(await orAborted(this.#concluded, signal))
    return this.#wasThere ? exited({ exitCode: null, signal: null }) : WAITS
  }

  async restart(limits: StopLimits): Promise<void> {
    if (!(await this.stop(limits, 'CANCELLED'))) throw agentSurvives()
    await this.#save({ session: null })
  }

  async stop(limits: StopLimits, end: ProcessEnd['end']): Promise<boolean> {
    this.#stops += 1
    const turn = (await this.#launching?.catch(() => null)) ?? this.#turn
    if (!turn) return true
    const { isGone } = await turn.stop(limits, end)
    await this.#concluded
    return isGone
  }

  async close(): Promise<void> {
    await this.stop({ killAfterMs: 0, mustKill: () => true }, 'CANCELLED')
    await this.#saved.catch(() => undefined)
  }

  /** The command for this prompt: the one that takes the agent's own session up where there is one. */
  async #commandFor(prompt: Prompt): Promise<{ command: string[]; session: string | null }> {
    const { definition, workspace } = this.#context
    const { resume, command } = definition
    const { session } = this.#handle
    const promptFile = await this.#prompts.keep(prompt)
    const isNew = session === null || resume === null
    const words = isNew ? command : resume
    // An agent that lets others choose the id of its session is told one.
    const chosen = isNew && words.some((word) => word.includes('{session}')) ? randomUUID() : session
    const fillings = { prompt: prompt.text, promptFile, session: chosen, workspace }
    return { command: fillCommand(words, fillings), session: chosen }
  }

  async #launch(prompt: Prompt, command: readonly string[]): Promise<Turn> {
    const { definition, workspace, stateDir, keep } = this.#context
    const env = environmentOf(this.#context)
    checkCommand(command, env, workspace)
    const turn = await Turn.open({
      command,
      env,
      workspace,
      stateDir,
      keep,
      input: definition.prompt === 'stdin' ? await this.#prompts.keep(prompt) : '/dev/null',
      marker: this.#prompts.markerOf(prompt.key),
      take: (bytes) => this.#take(bytes),
    })
    this.#turn = turn
    return turn
  }

  /** Records the process while it stands at its gate, and keeps with the session where to find it. */
  async #record(turn: Turn, command: readonly string[], stops: number): Promise<string> {
    const { definition, recordStart, recordEnd } = this.#context
    try {
      const shown = definition.prompt === 'argument' ? definition.command : command
      const executionId = await recordStart({ command: quoteCommand(shown), pid: turn.pid })
      try {
        await this.#save({ leader: identify(turn.pid), executionId })
        if (stops === this.#stops) return executionId
        throw new AgentError(
          'RECOVERABLE',
          'AGENT_STOPPED',
          'the agent was stopped',
          'Send the prompt again.',
        )
      } catch (error) {
        const { isGone: _, ...end } = await turn.abandon()
        await recordEnd(executionId, end)
        throw error
      }
    } catch (error) {
      await turn.abandon()
      throw error
    }
  }

  async #begin(turn: Turn, executionId: string, key: string, session: string | null): Promise<boolean> {
    const before = this.#handle.session
    if (!(await turn.begin(executionId))) return false
    this.#handle = { ...this.#handle, keys: addKey(this.#handle.keys, key) }
    // A session that was told to an agent is there once that has begun; what the agent itself says counts more.
    if (session !== before && this.#handle.session === before)
      await this.#save({ session }).catch(() => undefined)
    return true
  }

  async #conclude(turn: Turn, executionId: string, begun: Promise<boolean>): Promise<Ending> {
    const [{ isGone, ...end }] = await Promise.all([turn.over, begun])
    const found = this.#finder?.end() ?? this.#handle.session
    await this.#context.recordEnd(executionId, end).catch(() => undefined)
    // What could not be kept is found out by the next owner, who looks for the processes himself.
    await this.#save(isGone ? { leader: null, executionId: null, session: found } : { session: found }).catch(
      () => undefined,
    )
    return { exitCode: end.exitCode, signal: end.signal }
  }

  #take(bytes: Uint8Array): void {
    this.#lastSignAt = performance.now()
    this.#context.output.write(bytes)
    const found = this.#finder?.take(bytes)
    // Kept at once: an owner who comes after a crash takes the agent up by it.
    if (found) void this.#save({ session: found }).catch(() => undefined)
  }

  /** Keeps what changed of the handle, one after the other. */
  #save(changed: Partial<AgentHandle>): Promise<void> {
    this.#handle = { ...this.#handle, ...changed }
    const save = () => this.#context.saveHandle(this.#handle)
    return (this.#saved = this.#saved.then(save, save))
  }
}

import { writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { methods, RequestError } from '@agentclientprotocol/sdk'
import type { RequestPermissionResponse } from '@agentclientprotocol/sdk'
import type { StopLimits } from '../../processes/processGroup.ts'
import { quoteCommand } from '../../text/quoteCommand.ts'
import { AgentError, exited, WAITS } from '../kit/adapter.ts'
import type { Agent, AgentActivity, AgentContext, ProcessEnd, Prompt, TurnResult } from '../kit/adapter.ts'
import { permissionsSchema } from '../kit/agentDefinition.ts'
import { agentSurvives } from '../kit/agentSurvives.ts'
import { fillCommand } from '../kit/fillCommand.ts'
import { addKey, identify } from '../kit/handle.ts'
import type { AgentHandle } from '../kit/handle.ts'
import { PromptFiles } from '../kit/promptFiles.ts'
import { checkCommand, environmentOf } from '../kit/startable.ts'
import { orAborted } from '../kit/waiting.ts'
import { initialize } from './connectAgent.ts'
import { allowOnce, denyOnce, ruleFor, WITHDRAWN } from './decidePermission.ts'
import type { PermissionAnswer } from './decidePermission.ts'
import { describePermission } from './describePermission.ts'
import { LiveAgent } from './liveAgent.ts'
import { mcpServersFor } from './mcpServersFor.ts'
import { steeredSchema } from './messages.ts'
import type { PermissionMessage } from './messages.ts'
import { openSession } from './openSession.ts'
import { countCost, readCost } from './readUsage.ts'
import { AcpTurn } from './turn.ts'

/** How long an agent may take to end its turn after it was told to, in milliseconds. */
const CANCEL_TAKES_MS = 2_000
/** How long a process may take to end by itself after its connection broke, in milliseconds. */
const BROKEN_TAKES_MS = 2_000
/** Why a permission was answered as it was, for its transcript and for the agent. */
const BY_DEFINITION = "by the agent's definition"
const NOBODY = 'nobody answered in time; that is no denial'
/** How long steering waits for its outcome, in milliseconds. */
const STEERING_TAKES_MS = 10_000

/** An agent that is spoken to by the Agent Client Protocol. */
export class AcpAgent implements Agent {
  readonly isAdopted = false
  readonly #context: AgentContext
  readonly #prompts: PromptFiles
  readonly #wasThere: boolean
  readonly #limitMs: number
  #handle: AgentHandle
  #live: LiveAgent | null = null
  #turn: AcpTurn | null = null
  #result: Promise<TurnResult> | null = null
  #sending: Promise<void> | null = null
  #lastSignAt = performance.now()
  #lastUpdateAt = -Infinity
  #saved: Promise<void> = Promise.resolve()
  #stopped = new AbortController()

  /** @param wasThere whether an agent was handed something before, under an earlier owner */
  constructor(context: AgentContext, handle: AgentHandle, wasThere: boolean) {
    this.#context = context
    this.#handle = handle
    this.#wasThere = wasThere
    this.#prompts = new PromptFiles(context.stateDir)
    this.#limitMs = context.definition.startSeconds * 1_000
  }

  get lastActivityAt(): number {
    return Math.max(this.#lastSignAt, this.#turn?.lastSignAt ?? -Infinity)
  }

  get waitedMs(): number {
    return this.#turn?.waitedMs ?? 0
  }

  async probe(): Promise<AgentActivity> {
    if (this.#turn?.isOn) return 'WORKING'
    if (this.#live) return this.#live.process.isRunning ? 'WAITING' : 'GONE'
    return this.#wasThere ? 'GONE' : 'WAITING'
  }

  async hasReceived(key: string): Promise<boolean> {
    return this.#handle.keys.includes(key) || this.#prompts.wasReceived(key)
  }

  async send(prompt: Prompt): Promise<void> {
    if (this.#sending || this.#turn?.isOn) throw busy()
    this.#sending = this.#handOver(prompt)
    try {
      await this.#sending
    } finally {
      this.#sending = null
    }
  }

  async steer(text: string): Promise<boolean> {
    const live = this.#live
    if (!live?.sessionId || !this.#turn?.isOn || !live.initialized?._meta?.steering?.supported) return false
    const request = live.agent.request('_session/steering', {
      sessionId: live.sessionId,
      prompt: [{ type: 'text', text }],
      // Where no turn runs any more the text is not to begin one: it waits for the next prompt.
      _meta: { steering: { idleBehavior: 'promptRequired' } },
    })
    try {
      const answer = await orAborted(request, AbortSignal.timeout(STEERING_TAKES_MS))
      return steeredSchema.parse(answer).outcome === 'injected'
    } catch {
      return false
    }
  }

  async turnOver(signal: AbortSignal): Promise<TurnResult> {
    signal.throwIfAborted()
    if (this.#result) return orAborted(this.#result, signal)
    return this.#wasThere ? exited({ exitCode: null, signal: null }) : WAITS
  }

  async restart(limits: StopLimits): Promise<void> {
    if (!(await this.stop(limits, 'CANCELLED'))) throw agentSurvives()
    await this.#save({ session: null, openedAt: null, counters: {} })
  }

  async stop(limits: StopLimits, end: ProcessEnd['end']): Promise<boolean> {
    const startedAt = performance.now()
    this.#stopped.abort(stopped())
    this.#stopped = new AbortController()
    // A process that is being launched is ended by who launches it.
    await this.#sending?.catch(() => undefined)
    const live = this.#live
    if (!live) return true
    await this.#cancel(live, limits)
    const killAfterMs = Math.max(0, limits.killAfterMs - (performance.now() - startedAt))
    const { isGone } = await live.process.stop({ ...limits, killAfterMs }, end)
    await live.concluded
    await this.#result
    return isGone
  }

  async close(): Promise<void> {
    await this.stop({ killAfterMs: 0, mustKill: () => true }, 'CANCELLED')
    await this.#saved.catch(() => undefined)
  }

  /** Tells an agent at work to end its turn, and waits a little for that; it is ended in any case. */
  async #cancel(live: LiveAgent, { killAfterMs, mustKill }: StopLimits): Promise<void> {
    const turn = this.#turn
    if (!turn?.isOn || !live.sessionId || !live.process.isRunning) return
    turn.cancel()
    live.agent.notify(methods.agent.session.cancel, { sessionId: live.sessionId }).catch(() => undefined)
    const givesUpAt = performance.now() + Math.min(killAfterMs, CANCEL_TAKES_MS)
    while (turn.isOn && performance.now() < givesUpAt && !mustKill()) await sleep(10)
  }

  async #handOver(prompt: Prompt): Promise<void> {
    const { signal } = this.#stopped
    await this.#result
    const live = await this.#reach(signal)
    const { sessionId } = live
    if (sessionId === null) throw new Error('an agent that is ready has a session')
    await this.#prompts.keep(prompt)
    await writeFile(this.#prompts.markerOf(prompt.key), '', { mode: 0o600 })
    await this.#save({ keys: addKey(this.#handle.keys, prompt.key) })
    signal.throwIfAborted()
    const sent = live.stream.nextSent()
    const turn = new AcpTurn(this.#context, live)
    this.#turn = turn
    this.#lastSignAt = performance.now()
    const answer = live.agent.request(methods.agent.session.prompt, {
      sessionId,
      prompt: [{ type: 'text', text: prompt.text }],
      _meta: { 'pawl.promptKey': prompt.key },
    })
    this.#result = this.#follow(live, turn, answer)
    const late = AbortSignal.timeout(this.#limitMs)
    await orAborted(Promise.race([sent, this.#result]), AbortSignal.any([signal, late])).catch(
      () => undefined,
    )
    if (late.aborted) {
      await live.process.stop({ killAfterMs: 0, mustKill: () => true }, 'TIMED_OUT')
      throw new AgentError(
        'RECOVERABLE',
        'AGENT_NOT_READY',
        'the agent does not read what it is sent',
        'See what it said, in the transcript of its session.',
      )
    }
  }

  /** The result of a turn: by the agent's answer, else by the end of its process. */
  async #follow(live: LiveAgent, turn: AcpTurn, answer: Promise<unknown>): Promise<TurnResult> {
    try {
      return turn.conclude(await answer)
    } catch (error) {
      if (error instanceof RequestError && live.process.isRunning && !live.connection.signal.aborted)
        return turn.fail(error)
      // Who can't be spoken to any more is of no use, though it may live.
      void live.process.stop({ killAfterMs: BROKEN_TAKES_MS, mustKill: () => false }, 'EXITED')
      return turn.exit(await live.concluded, error)
    } finally {
      turn.end()
      this.#context.output.flush()
      if (live.cost) await this.#save({ counters: countCost(live.cost) }).catch(() => undefined)
    }
  }

  /** The process with an open session: the one that lives, else a new one. @throws AgentError */
  async #reach(signal: AbortSignal): Promise<LiveAgent> {
    const before = this.#live
    if (before?.sessionId && before.process.isRunning && !before.connection.signal.aborted) return before
    if (before) {
      void before.process.stop({ killAfterMs: BROKEN_TAKES_MS, mustKill: () => false }, 'EXITED')
      const { isGone } = await before.process.over
      await before.concluded
      if (!isGone) throw agentSurvives()
    }
    const live = await this.#launch(signal)
    try {
      await this.#open(live, signal)
      return live
    } catch (error) {
      await live.process.stop({ killAfterMs: 0, mustKill: () => true }, 'EXITED')
      await live.concluded
      throw error
    }
  }

  async #launch(signal: AbortSignal): Promise<LiveAgent> {
    const { definition, workspace, recordStart, recordEnd } = this.#context
    const env = environmentOf(this.#context)
    const { session } = this.#handle
    const command = fillCommand(definition.command, { prompt: '', promptFile: '', session, workspace })
    checkCommand(command, env, workspace)
    const live = await LiveAgent.launch(command, env, this.#context, {
      onSign: () => void (this.#lastSignAt = performance.now()),
      onUpdate: (params) => this.#takeUpdate(params),
      onPermission: (asked, asking) => this.#answer(asked, asking),
    })
    this.#live = live
    this.#lastSignAt = performance.now()
    let executionId: string | undefined
    try {
      executionId = await recordStart({ command: quoteCommand(command), pid: live.process.pid })
      await this.#save({ leader: identify(live.process.pid), executionId })
      signal.throwIfAborted()
      if (!(await live.process.begin(executionId))) throw ended()
    } catch (error) {
      const { isGone: _, ...end } = await live.process.abandon()
      live.stream.end()
      if (executionId !== undefined) await recordEnd(executionId, end)
      throw error
    }
    live.concluded = this.#conclude(live, executionId)
    return live
  }

  async #open(live: LiveAgent, signal: AbortSignal): Promise<void> {
    const { definition, workspace } = this.#context
    const limits = { limitMs: this.#limitMs, signal }
    const initialized = await initialize(live.connection, limits)
    live.initialized = initialized
    const { session, openedAt } = this.#handle
    const opened = await openSession(live.agent, initialized, {
      ...limits,
      cwd: workspace,
      mcpServers: mcpServersFor(this.#context, initialized),
      session,
      openedAt,
      mode: definition.mode,
      lastUpdateAt: () => this.#lastUpdateAt,
    })
    if (session !== null && !opened.remembers)
      this.#context.output.report({
        kind: 'OUTPUT',
        stream: 'STDERR',
        text: `[the agent could not take its session ${session} up, and begins a new one without memory]\n`,
      })
    live.sessionId = opened.id
    live.isNew = !opened.remembers
    const counters = opened.remembers ? this.#handle.counters : {}
    live.cost = readCost(counters)
    await this.#save({ session: opened.id, openedAt: Date.now(), counters })
  }

  async #conclude(
    live: LiveAgent,
    executionId: string,
  ): Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }> {
    const { isGone, ...end } = await live.process.over
    live.stream.end()
    await this.#context.recordEnd(executionId, end).catch(() => undefined)
    // What could not be kept is found out by the next owner, who looks for the processes himself.
    if (isGone) await this.#save({ leader: null, executionId: null }).catch(() => undefined)
    return { exitCode: end.exitCode, signal: end.signal }
  }

  /** Takes an update of the open session; what comes between two prompts, as a replay, is left out. */
  #takeUpdate(params: unknown): void {
    this.#lastUpdateAt = performance.now()
    if (this.#live?.sessionId) this.#turn?.update(params)
  }

  async #answer(asked: PermissionMessage, signal: AbortSignal): Promise<RequestPermissionResponse> {
    const turn = this.#turn
    if (!turn?.isOn || turn.isCancelled || signal.aborted || asked.sessionId !== this.#live?.sessionId)
      return WITHDRAWN
    const permissions = this.#context.definition.permissions ?? permissionsSchema.parse({})
    const rule = ruleFor(permissions, asked)
    if (rule === 'ask') return this.#askPerson(turn, asked, signal)
    const answer = rule === 'allow' ? allowOnce(asked) : denyOnce(asked)
    turn.permission(asked, answer, { state: answer.isAllowed ? 'ALLOWED' : 'DENIED', text: BY_DEFINITION })
    return answer.response
  }

  /** Has a person answer. The agent is told what the log of the run tells, and that nobody answered where nobody did. */
  async #askPerson(
    turn: AcpTurn,
    asked: PermissionMessage,
    signal: AbortSignal,
  ): Promise<RequestPermissionResponse> {
    const asking = AbortSignal.any([signal, this.#stopped.signal, turn.ended])
    turn.waits(1)
    try {
      const { state, approvalId, comment } = await this.#context.askPermission(
        describePermission(asked),
        asking,
      )
      const answer: PermissionAnswer = state === 'ALLOWED' ? allowOnce(asked) : denyOnce(asked)
      const text = comment ?? (state === 'EXPIRED' ? NOBODY : undefined)
      turn.permission(asked, state === 'VOID' ? { isAllowed: false, response: WITHDRAWN } : answer, {
        state: state === 'VOID' ? 'WITHDRAWN' : state,
        ...(approvalId !== null && { approvalId }),
        ...(text !== undefined && { text }),
      })
      if (state === 'VOID') return WITHDRAWN
      // The protocol has no place for words beside the answer.
      if (text !== undefined && !answer.isAllowed)
        void this.steer(`About “${asked.toolCall.title ?? ''}”: ${text}`)
      return answer.response
    } catch (error) {
      if (!asking.aborted) this.#tell(error)
      return WITHDRAWN
    } finally {
      turn.waits(-1)
    }
  }

  #tell(error: unknown): void {
    const text = `no person could be asked: ${error instanceof Error ? error.message : String(error)}`
    this.#context.output.report({ kind: 'ERROR', text })
  }

  /** Keeps what changed of the handle, one after the other. */
  #save(changed: Partial<AgentHandle>): Promise<void> {
    this.#handle = { ...this.#handle, ...changed }
    const save = () => this.#context.saveHandle(this.#handle)
    return (this.#saved = this.#saved.then(save, save))
  }
}

function busy(): AgentError {
  return new AgentError(
    'RECOVERABLE',
    'AGENT_BUSY',
    'the agent works on the prompt before',
    'Wait for the end of its turn, or stop it.',
  )
}

function stopped(): AgentError {
  return new AgentError('RECOVERABLE', 'AGENT_STOPPED', 'the agent was stopped', 'Send the prompt again.')
}

function ended(): AgentError {
  return new AgentError(
    'RECOVERABLE',
    'AGENT_NOT_STARTED',
    'the agent was ended before it began',
    'Send the prompt again.',
  )
}

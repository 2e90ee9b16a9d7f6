import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ending } from '../../processes/launch.ts'
import { ProcessGroup } from '../../processes/processGroup.ts'
import type { StopLimits } from '../../processes/processGroup.ts'
import { isLiving, signalProcess } from '../../processes/processTable.ts'
import { AgentError, exited, WAITS } from '../kit/adapter.ts'
import type { Agent, AgentActivity, AgentContext, ProcessEnd, Prompt, TurnResult } from '../kit/adapter.ts'
import { agentSurvives } from '../kit/agentSurvives.ts'
import { fillCommand } from '../kit/fillCommand.ts'
import { addKey, groupOf } from '../kit/handle.ts'
import type { AgentHandle } from '../kit/handle.ts'
import { PromptFiles } from '../kit/promptFiles.ts'
import { giveMcp } from '../mcp/giveMcp.ts'
import { quoteCommand } from '../../text/quoteCommand.ts'
import { checkCommand, environmentOf } from '../kit/startable.ts'
import { PaneOutput } from './paneOutput.ts'
import { startPane } from './startPane.ts'
import { PANE } from './tmuxServer.ts'
import type { Pane, TmuxServer } from './tmuxServer.ts'
import { keepToken } from './tokenFile.ts'
import { toTypeable } from './typeable.ts'

/** How often the pane is looked at, in milliseconds. */
const LOOK_MS = 200
/** A terminal that was silent for so long has drawn its screen, in milliseconds. */
const SETTLED_MS = 500
/** How long a terminal may take to say how its process ended, and its output to be taken, in milliseconds. */
const ENDING_TAKES_MS = 2_000
const REST_TAKES_MS = 5_000
/** Between a paste and the key that sends it, in seconds: agents take a key that comes with the paste for a part of it. */
const PASTE_TAKES = '0.3'

/** An agent that lives in a terminal from prompt to prompt, also where its worker dies. */
export class TmuxAgent implements Agent {
  readonly isAdopted: boolean
  readonly #context: AgentContext
  readonly #prompts: PromptFiles
  readonly #server: TmuxServer
  readonly #output: PaneOutput
  readonly #looking: NodeJS.Timeout
  #handle: AgentHandle
  /** Whether an agent was started before, by this owner or an earlier one. */
  #wasThere: boolean
  #lastSignAt: number
  #stops = 0
  #starting: Promise<void> | null = null
  #recorded: Promise<Ending> | null = null
  #end: ProcessEnd['end'] = 'EXITED'

  constructor(
    context: AgentContext,
    server: TmuxServer,
    handle: AgentHandle,
    { isAdopted, wasThere }: { readonly isAdopted: boolean; readonly wasThere: boolean },
  ) {
    this.isAdopted = isAdopted
    this.#wasThere = wasThere
    this.#context = context
    this.#server = server
    this.#handle = handle
    this.#prompts = new PromptFiles(context.stateDir)
    this.#output = new PaneOutput(context.stateDir, context.output)
    const { changedAt } = this.#output
    this.#lastSignAt = performance.now() - (isAdopted && changedAt ? Date.now() - changedAt : 0)
    this.#looking = setInterval(() => this.#look(), LOOK_MS)
  }

  get lastActivityAt(): number {
    return this.#lastSignAt
  }

  /** Whom it asks on its screen is not known. */
  readonly waitedMs = 0

  async probe(): Promise<AgentActivity> {
    this.#look()
    if (!this.#handle.leader) return this.#wasThere ? 'GONE' : 'WAITING'
    const pane = await this.#findPane()
    if (!pane || pane.ending) return 'GONE'
    const { busy, ready, quietSeconds } = this.#context.definition.terminal
    const silentMs = performance.now() - this.#lastSignAt
    if (busy === null && ready === null) return silentMs < quietSeconds * 1_000 ? 'WORKING' : 'WAITING'
    if (silentMs < SETTLED_MS) return 'WORKING'
    const screen = await this.#server.readScreen()
    const isWorking = busy !== null && new RegExp(busy, 'm').test(screen)
    const isReady = ready === null || new RegExp(ready, 'm').test(screen)
    return isWorking || !isReady ? 'WORKING' : 'WAITING'
  }

  async hasReceived(key: string): Promise<boolean> {
    if (this.#handle.keys.includes(key) || this.#prompts.wasReceived(key)) return true
    if (!this.#handle.leader) return false
    const kept = await this.#server.ask('show-options', '-sqv', optionOf(key)).catch(() => '')
    return kept.trim() === 'received'
  }

  async send(prompt: Prompt): Promise<void> {
    if ((await this.probe()) === 'GONE') await this.#conclude()
    if (!this.#handle.leader) {
      this.#starting = this.#start()
      await this.#starting.finally(() => (this.#starting = null))
    }
    await this.#awaitPrompt()
    const file = await this.#prompts.keep(prompt)
    const byFile = this.#context.definition.prompt === 'file'
    await this.#type(byFile ? `Do what the file ${file} says.` : prompt.text, prompt.key)
    await writeFile(this.#prompts.markerOf(prompt.key), '')
    this.#handle = { ...this.#handle, keys: addKey(this.#handle.keys, prompt.key) }
    await this.#save({})
  }

  async steer(text: string): Promise<boolean> {
    if (!this.#handle.leader || (await this.probe()) === 'GONE') return false
    const { ready, steer } = this.#context.definition.terminal
    if (!shows(await this.#server.readScreen(), steer, ready)) return false
    await this.#type(text, null)
    return true
  }

  async turnOver(signal: AbortSignal): Promise<TurnResult> {
    for (;;) {
      signal.throwIfAborted()
      switch (await this.probe()) {
        case 'GONE':
          return exited(await this.#conclude())
        case 'WAITING':
          return WAITS
        case 'WORKING':
          await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined)
      }
    }
  }

  async restart(limits: StopLimits): Promise<void> {
    if (!(await this.stop(limits, 'CANCELLED'))) throw agentSurvives()
    await this.#save({ session: null })
  }

  async stop(limits: StopLimits, end: ProcessEnd['end']): Promise<boolean> {
    this.#stops += 1
    await this.#starting?.catch(() => undefined)
    const { leader, executionId, server } = this.#handle
    if (!leader || !server) return true
    const pane = await this.#findPane()
    if (pane && (await this.#server.isTaken())) return false
    if (pane && !pane.ending && !this.#recorded) this.#end = end
    const isGone = await new ProcessGroup(leader.pid, executionId === null ? {} : { executionId }).stop(
      limits,
    )
    if (isGone) await this.#conclude()
    return isGone
  }

  async close(): Promise<void> {
    this.#look()
    clearInterval(this.#looking)
    await this.#recorded?.catch(() => undefined)
  }

  async #start(): Promise<void> {
    const { definition, workspace, stateDir, keep } = this.#context
    const stops = this.#stops
    const env = { ...environmentOf(this.#context), ...(await keepToken(this.#context)) }
    const fillings = { prompt: '', promptFile: '', session: this.#handle.session, workspace }
    const isNew = this.#handle.session === null || definition.resume === null
    const words = isNew ? definition.command : definition.resume
    const command = fillCommand(words ?? definition.command, fillings)
    checkCommand(command, env, workspace)
    await startPane({
      server: this.#server,
      stateDir,
      workspace,
      ...(await giveMcp(this.#context, command, env)),
      keep,
      output: this.#output,
      record: async (leader, server) => {
        const executionId = await this.#context.recordStart({
          command: quoteCommand(command),
          pid: leader.pid,
        })
        this.#end = 'EXITED'
        this.#recorded = null
        this.#wasThere = true
        await this.#save({ leader, executionId, server })
        if (stops === this.#stops) return executionId
        throw new AgentError(
          'RECOVERABLE',
          'AGENT_STOPPED',
          'the agent was stopped',
          'Send the prompt again.',
        )
      },
    })
    this.#lastSignAt = performance.now()
  }

  /**
   * Waits until the screen is drawn and shows a prompt. Into any other it would be an answer to a question that nobody has read.
   *
   * @throws AgentError with what the screen shows instead
   */
  async #awaitPrompt(): Promise<void> {
    const { ready, readySeconds } = this.#context.definition.terminal
    const givesUpAt = performance.now() + readySeconds * 1_000
    for (;;) {
      this.#look()
      // Typing tells the same owner that it has lost the agent.
      if (await this.#server.isTaken()) return
      const pane = await this.#findPane()
      if (!pane || pane.ending)
        throw new AgentError(
          'RECOVERABLE',
          'AGENT_NOT_STARTED',
          'the agent ended before its terminal showed a prompt',
          'See what it said last, in the transcript of its session.',
        )
      const isDrawn = performance.now() - this.#lastSignAt >= SETTLED_MS
      const screen = await this.#server.readScreen()
      if (isDrawn && shows(screen, ready)) return
      if (ready === null || performance.now() > givesUpAt) throw notReady(screen, ready)
      await sleep(LOOK_MS)
    }
  }

  /** Pastes the text and submits it. The server stores the prompt's key in the same command list, so that the next owner knows that it was sent. */
  async #type(text: string, key: string | null): Promise<void> {
    const file = join(this.#context.stateDir, 'typed')
    await writeFile(file, toTypeable(text), { mode: 0o600 })
    const buffer = `pawl-${this.#server.owner}`
    await this.#server.ask('load-buffer', '-b', buffer, file)
    const commands = [
      `paste-buffer -p -d -b ${buffer} -t ${PANE}`,
      `run-shell -d ${PASTE_TAKES}`,
      `send-keys -t ${PANE} Enter`,
      ...(key === null ? [] : [`set-option -s ${optionOf(key)} received`]),
    ]
    await this.#server.askAsOwner(commands.join(' ; '))
    this.#lastSignAt = performance.now()
  }

  #look(): void {
    if (this.#output.read()) this.#lastSignAt = performance.now()
  }

  async #findPane(): Promise<Pane | null> {
    const pane = await this.#server.findPane()
    return pane?.pid === this.#handle.leader?.pid ? pane : null
  }

  /** When the agent is gone: ends what it left behind and its server, takes the rest of its output, and records its end; once. */
  #conclude(): Promise<Ending> {
    return (this.#recorded ??= this.#recordEnd())
  }

  async #recordEnd(): Promise<Ending> {
    const { leader, server, executionId } = this.#handle
    const unknown = { exitCode: null, signal: null }
    if (!leader || !server || executionId === null || (await this.#server.isTaken())) return unknown
    const atOnce = { killAfterMs: 2_000, mustKill: () => false }
    const isGone = await groupOf(leader, executionId).stop(atOnce)
    const ending = (await this.#awaitEnding()) ?? unknown
    await this.#takeRest()
    const isServerGone = !isLiving(server) || (await new ProcessGroup(server.pid).stop(atOnce))
    this.#output.read(() => true)
    await this.#context.recordEnd(executionId, { ...ending, end: this.#end }).catch(() => undefined)
    if (isGone && isServerGone)
      await this.#save({ leader: null, executionId: null, server: null }).catch(() => undefined)
    return ending
  }

  /**
   * How the pane's process ended, when the terminal has read all of its output; null where it does not say so soon. A tmux
   * that sees the terminal close first runs a helper that takes the SIGCHLD meant for it: told again, it looks
   * (https://github.com/tmux/tmux/issues/311).
   */
  async #awaitEnding(): Promise<Ending | null> {
    const givesUpAt = performance.now() + ENDING_TAKES_MS
    for (;;) {
      const pane = await this.#findPane()
      if (pane?.ending && (pane.ending.exitCode !== null || pane.ending.signal !== null)) return pane.ending
      if (!pane || performance.now() > givesUpAt) return pane?.ending ?? null
      if (pane.ending) signalProcess(pane.serverPid, 'SIGCHLD')
      await sleep(20)
    }
  }

  /**
   * Takes what the recorder still writes, and waits for room for a while; what finds none then is left out by the transcript,
   * which says so.
   */
  async #takeRest(): Promise<void> {
    const { output } = this.#context
    const givesUpAt = performance.now() + REST_TAKES_MS
    for (let still = 0; still < 3 && performance.now() < givesUpAt;) {
      still = this.#output.read() || !output.hasRoom ? 0 : still + 1
      await sleep(20)
    }
  }

  async #save(changed: Partial<AgentHandle>): Promise<void> {
    this.#handle = { ...this.#handle, ...changed }
    await this.#context.saveHandle(this.#handle)
  }
}

/** Whether the screen shows any of these. */
function shows(screen: string, ...patterns: readonly (string | null)[]): boolean {
  return patterns.some((pattern) => pattern !== null && new RegExp(pattern, 'm').test(screen))
}

/** So much of a screen is told to a person, in lines. */
const SHOWN_LINES = 24

function notReady(screen: string, ready: string | null): AgentError {
  const lines = screen
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .slice(-SHOWN_LINES)
  return new AgentError(
    'HUMAN_REQUIRED',
    'TERMINAL_NOT_READY',
    ready === null
      ? 'its definition does not say what its terminal shows when it waits for a prompt, so nothing is typed into it'
      : `its terminal shows no prompt that is known, so nothing was typed into it. It shows:\n${lines.join('\n')}`,
    'Start the agent by hand in that folder and answer what it asks, or correct `terminal.ready`; then decide for a retry.',
  )
}

/** The server's own variable that tells of a prompt. */
function optionOf(key: string): string {
  return `@pawl-${createHash('sha256').update(key).digest('hex').slice(0, 32)}`
}

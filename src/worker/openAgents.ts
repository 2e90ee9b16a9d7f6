import { join } from 'node:path'
import type { Session, SessionStatus } from '@pawl/sdk'
import { AgentError } from '../adapters/adapter.ts'
import type { Agent, AgentContext, ProcessEnd } from '../adapters/adapter.ts'
import type { AgentDefinition } from '../adapters/agentDefinition.ts'
import type { TranscriptWriter } from '../adapters/transcript/transcriptWriter.ts'
import type { StopLimits } from '../processes/processGroup.ts'
import { ADAPTERS } from './adapters.ts'
import { agentEnvironment } from './agentEnvironment.ts'
import type { Drive } from './drive.ts'
import { finishExecution } from './finishExecution.ts'
import { openTranscript } from './transcript.ts'

/** How agents are reached. */
export interface AgentWays {
  /** The server, as agents reach it. */
  readonly url: string
  readonly env: NodeJS.ProcessEnv
  /** Below it each session has a private folder. */
  readonly stateRoot: string
}

/** A session of this run with its agent, as this owner has opened them. */
export interface OpenAgent {
  readonly role: string
  readonly definition: AgentDefinition
  readonly agent: Agent
  readonly sessionId: string
  /** As it is now, by what this owner knows. */
  status: SessionStatus
}

/** The agents of one run, one for each role, opened when they are first needed. */
export class OpenAgents {
  readonly #drive: Drive
  readonly #byRole = new Map<string, OpenAgent>()
  readonly #transcripts = new Set<TranscriptWriter>()
  /** The phase under way, which processes are recorded for. */
  phase: string | undefined

  constructor(drive: Drive) {
    this.#drive = drive
  }

  /** The agent of a role where this owner has opened it. */
  get(role: string): OpenAgent | undefined {
    return this.#byRole.get(role)
  }

  /**
   * Opens the session of a role and its agent, those of an earlier owner where they are there.
   *
   * @throws AgentError where no agent is configured for the role, or it can't be opened
   */
  async open(role: string): Promise<OpenAgent> {
    const { tools, held, call } = this.#drive
    const definition = tools.config.agents[role] ?? tools.config.agents['default']
    if (!definition) throw noAgent(role)
    const { path } = await this.#drive.workspace()
    const opened = await this.#openSession(role, definition)
    await this.#drive.step('session-opened')
    if (opened.status === 'CREATED') await this.#setStatus(opened.id, 'BOOTSTRAPPING')
    const stateDir = join(tools.stateRoot, opened.id)
    const env = agentEnvironment(tools.env, {
      url: tools.url,
      runId: held.run.id,
      agentToken: held.agentToken,
    })
    const output = openTranscript(this.#drive, {
      id: opened.id,
      stateDir,
      env: { ...env, ...definition.env },
    })
    this.#transcripts.add(output)
    const context: AgentContext = {
      definition,
      sessionId: opened.id,
      workspace: path,
      stateDir,
      env,
      handle: opened.handle,
      output,
      recordStart: async ({ command, pid }) => {
        // An agent that lives on from phase to phase works for the run.
        const phase = definition.adapter === 'tmux' ? undefined : this.phase
        const answer = await held.executions.start({ command, pid, phase, ...call })
        return this.#drive.accept(answer).execution.id
      },
      recordEnd: (executionId, ending) => finishExecution(tools.pawl, executionId, ending),
      saveHandle: async (handle) => {
        this.#drive.accept(
          await held.sessions.open({ role, adapter: definition.adapter, handle, ...this.#drive.call }),
        )
      },
    }
    const agent = await ADAPTERS[definition.adapter].open(context)
    const status = opened.status === 'CREATED' ? 'BOOTSTRAPPING' : opened.status
    const open = { role, definition, agent, sessionId: opened.id, status }
    this.#byRole.set(role, open)
    await this.#drive.step('agent-opened')
    return open
  }

  /** Moves a session to its next status. */
  async move(open: OpenAgent, status: SessionStatus, detail?: Record<string, string>): Promise<void> {
    await this.#setStatus(open.sessionId, status, detail)
    open.status = status
  }

  /** Ends every agent and all that they started. Returns whether all of it is proven gone. */
  async stop(limits: StopLimits, end: ProcessEnd['end']): Promise<boolean> {
    const stopped = await Promise.all([...this.#byRole.values()].map(({ agent }) => agent.stop(limits, end)))
    return stopped.every(Boolean)
  }

  /** The longest that any of them may take to end by itself, in seconds. */
  get killAfterSeconds(): number {
    return Math.max(0, ...[...this.#byRole.values()].map(({ definition }) => definition.killAfterSeconds))
  }

  /** Resolves when none of them works on a prompt any more. */
  async turnsOver(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#byRole.values()].map(({ agent }) => agent.turnOver(signal)))
  }

  /** Lets go of the agents, which were stopped before, and writes what is left of what they said. */
  async close(): Promise<void> {
    await Promise.all([...this.#byRole.values()].map(({ agent }) => agent.close()))
    await Promise.all([...this.#transcripts].map((transcript) => transcript.close()))
  }

  async #openSession(role: string, { adapter }: AgentDefinition): Promise<Session> {
    const { held, call } = this.#drive
    const sessions = await held.sessions.list(call)
    const live = sessions.find((session) => session.role === role && session.status !== 'DISPOSED')
    if (live?.status === 'FAILED_NEEDS_HUMAN') await this.#setStatus(live.id, 'DISPOSED')
    return this.#drive.accept(await held.sessions.open({ role, adapter, ...call })).session
  }

  async #setStatus(sessionId: string, status: SessionStatus, detail?: Record<string, string>): Promise<void> {
    const { held, call } = this.#drive
    this.#drive.accept(await held.sessions.update(sessionId, status, { ...(detail && { detail }), ...call }))
  }
}

function noAgent(role: string): AgentError {
  return new AgentError(
    'HUMAN_REQUIRED',
    'NO_AGENT',
    `No agent is configured for the role ${role}`,
    `Add \`${role}\` or \`default\` below \`agents\` in the worker's configuration, restart it, and try again.`,
  )
}

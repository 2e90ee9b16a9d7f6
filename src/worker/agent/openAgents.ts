import { join } from 'node:path'
import type { Session, SessionStatus } from '@pawl/sdk'
import { AgentError } from '../../adapters/kit/adapter.ts'
import type { Agent, AgentContext, AgentOutput, ProcessEnd } from '../../adapters/kit/adapter.ts'
import { agentDefinitionSchema } from '../../adapters/kit/agentDefinition.ts'
import type { AgentDefinition } from '../../adapters/kit/agentDefinition.ts'
import type { TranscriptWriter } from '../../adapters/transcript/transcriptWriter.ts'
import { agentEnvironment } from '../../processes/agentEnvironment.ts'
import type { StopLimits } from '../../processes/processGroup.ts'
import { ADAPTERS } from './adapters.ts'
import { finishExecution } from './finishExecution.ts'
import type { RunContext } from '../run/runContext.ts'
import { openTranscript } from './transcript.ts'
import type { RunWorkspace } from '../run/workspace.ts'

/** Takes what is left of an agent whose session is still an earlier owner's: the server lets nobody else write its transcript. */
const DISCARDED_OUTPUT: AgentOutput = { startsAt: 0, hasRoom: true, write: () => undefined }

/** A session of this run with its agent, as this owner has opened them. */
export interface OpenAgent {
  readonly role: string
  readonly definition: AgentDefinition
  readonly agent: Agent
  readonly sessionId: string
  /** As it is now, by what this owner knows. */
  status: SessionStatus
}

/** How many executions of a run are looked through for the claim of one: what lives on was started lately. */
const MAX_EXECUTIONS = 100

/** The agents of one run, one for each role, opened when they are first needed. */
export class OpenAgents {
  readonly #run: RunContext
  readonly #workspace: () => Promise<RunWorkspace>
  readonly #byRole = new Map<string, OpenAgent>()
  readonly #transcripts = new Set<TranscriptWriter>()
  /** Sessions of earlier owners whose agents are proven gone. */
  readonly #ended = new Set<string>()
  /** Executions that were started under this claim. */
  readonly #started = new Set<string>()
  /** The phase under way, which processes are recorded for. */
  phase: string | undefined

  /** @param workspace Opens the directory that they work in, when the first of them is opened. */
  constructor(run: RunContext, workspace: () => Promise<RunWorkspace>) {
    this.#run = run
    this.#workspace = workspace
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
    const definition = this.#definitionOf(role)
    if (!definition) throw noAgent(role)
    const workspace = await this.#workspace()
    const opened = await this.#openSession(role, definition)
    await this.#run.step('session-opened')
    if (opened.status === 'CREATED') await this.#setStatus(opened.id, 'BOOTSTRAPPING')
    const agent = await this.#reach(opened, definition, workspace, (env) =>
      this.#openTranscript(opened.id, env),
    )
    const status = opened.status === 'CREATED' ? 'BOOTSTRAPPING' : opened.status
    const open = { role, definition, agent, sessionId: opened.id, status }
    this.#byRole.set(role, open)
    await this.#run.step('agent-opened')
    return open
  }

  /** Moves a session to its next status. */
  async move(open: OpenAgent, status: SessionStatus, detail?: Record<string, string>): Promise<void> {
    await this.#setStatus(open.sessionId, status, detail)
    open.status = status
  }

  /**
   * Ends every agent of the run and all that they started, those that an earlier owner has left as well. Returns whether all of it
   * is proven gone.
   */
  async stop(limits: StopLimits, end: ProcessEnd['end']): Promise<boolean> {
    const stopped = await Promise.all([...this.#byRole.values()].map(({ agent }) => agent.stop(limits, end)))
    // What is there after the lease may be another owner's.
    const areLeftGone = this.#run.owned.remainingMs === 0 || (await this.endAbandoned(() => true, limits))
    return areLeftGone && stopped.every(Boolean)
  }

  /**
   * Ends agents that an earlier owner has left, and this one has not taken up. Returns whether they are proven gone; false also where
   * nobody can tell.
   */
  async endAbandoned(isMeant: (session: Session) => boolean, limits: StopLimits): Promise<boolean> {
    const { tools, runId, call, signal } = this.#run
    const retry = { attempts: 3, timeoutMs: 5_000 }
    const options = signal.aborted ? { retry } : call
    try {
      const mine = new Set([...this.#byRole.values()].map(({ sessionId }) => sessionId))
      const sessions = await tools.pawl.sessions.list(runId, options)
      const left = sessions.filter(
        (session) =>
          session.handle !== null &&
          !mine.has(session.id) &&
          !this.#ended.has(session.id) &&
          isMeant(session),
      )
      if (left.length === 0) return true
      const gone = await Promise.all(left.map((session) => this.#endOneAbandoned(session, limits)))
      return gone.every(Boolean)
    } catch (error) {
      tools.report({ kind: 'trouble', message: `what an earlier owner has left: ${String(error)}` })
      return false
    }
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

  async #endOneAbandoned(session: Session, limits: StopLimits): Promise<boolean> {
    // It is reached to be ended, never to be started: in a terminal, or as the processes that all others are.
    const adapter = session.adapter === 'tmux' ? 'tmux' : 'process'
    const definition = agentDefinitionSchema.parse({ adapter, command: ['false'], prompt: 'stdin' })
    const agent = await this.#reach(
      session,
      definition,
      { path: this.#run.tools.stateRoot, keep: [] },
      () => DISCARDED_OUTPUT,
    )
    const isGone = await agent.stop(limits, 'SUPERVISOR_LOST')
    await agent.close()
    if (isGone) this.#ended.add(session.id)
    return isGone
  }

  /** The claim that an execution was started under: this one, or that of an earlier owner, whose agent lives on in a terminal. */
  async #fenceOf(executionId: string): Promise<number> {
    const { tools, runId, owned } = this.#run
    if (this.#started.has(executionId)) return owned.fence
    const { nodes } = await tools.pawl.executions.list({ filter: { runId }, first: MAX_EXECUTIONS })
    return nodes.find(({ id }) => id === executionId)?.fence ?? owned.fence
  }

  #definitionOf(role: string): AgentDefinition | undefined {
    const { agents } = this.#run.tools.config
    // a role may be called as what every object inherits
    return Object.hasOwn(agents, role) ? agents[role] : agents['default']
  }

  /** Reaches the agent of a session through its adapter. */
  async #reach(
    { id: sessionId, role, handle }: Session,
    definition: AgentDefinition,
    { path: workspace, keep, lockId }: Pick<RunWorkspace, 'path' | 'keep'> & Partial<RunWorkspace>,
    openOutput: (env: Readonly<Record<string, string>>) => AgentOutput,
  ): Promise<Agent> {
    const { tools, owned } = this.#run
    const env = agentEnvironment(tools.env, {
      url: tools.url,
      runId: owned.run.id,
      agentToken: owned.agentToken,
      passEnv: [...tools.config.passEnv, ...definition.passEnv],
      lockId,
    })
    const context: AgentContext = {
      definition,
      sessionId,
      workspace,
      stateDir: this.#stateDirOf(sessionId),
      keep,
      env,
      handle,
      output: openOutput({ ...env, ...definition.env }),
      recordStart: async ({ command, pid }) => {
        // An agent that lives on from phase to phase works for the run.
        const phase = definition.adapter === 'tmux' ? undefined : this.phase
        const answer = await owned.executions.start({ command, pid, phase, ...this.#run.call })
        const { id } = this.#run.accept(answer).execution
        this.#started.add(id)
        return id
      },
      recordEnd: async (executionId, ending) =>
        finishExecution(tools.pawl, executionId, await this.#fenceOf(executionId), ending),
      saveHandle: async (kept) => {
        const fields = { role, adapter: definition.adapter, handle: kept, ...this.#run.call }
        this.#run.accept(await owned.sessions.open(fields))
      },
    }
    return ADAPTERS[definition.adapter].open(context)
  }

  /** The session's transcript, which `close` writes to its end. */
  #openTranscript(id: string, env: Readonly<Record<string, string>>): TranscriptWriter {
    const transcript = openTranscript(this.#run, { id, stateDir: this.#stateDirOf(id), env })
    this.#transcripts.add(transcript)
    return transcript
  }

  #stateDirOf(sessionId: string): string {
    return join(this.#run.tools.stateRoot, sessionId)
  }

  async #openSession(role: string, { adapter }: AgentDefinition): Promise<Session> {
    const { owned, call } = this.#run
    const sessions = await owned.sessions.list(call)
    const live = sessions.find((session) => session.role === role && session.status !== 'DISPOSED')
    if (live?.status === 'FAILED_NEEDS_HUMAN') await this.#setStatus(live.id, 'DISPOSED')
    return this.#run.accept(await owned.sessions.open({ role, adapter, ...call })).session
  }

  async #setStatus(sessionId: string, status: SessionStatus, detail?: Record<string, string>): Promise<void> {
    const { owned, call } = this.#run
    this.#run.accept(await owned.sessions.update(sessionId, status, { ...(detail && { detail }), ...call }))
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

import { join } from 'node:path'
import type { JsonValue, Session, SessionStatus } from '@pawl/sdk'
import { AgentError, DISCARDED_OUTPUT } from '../../adapters/kit/adapter.ts'
import type { Agent, AgentContext, AgentOutput, ProcessEnd, Prompt } from '../../adapters/kit/adapter.ts'
import { agentDefinitionSchema } from '../../adapters/kit/agentDefinition.ts'
import type { AgentDefinition } from '../../adapters/kit/agentDefinition.ts'
import { findSecrets, maskText } from '../../adapters/transcript/secrets.ts'
import type { Secret } from '../../adapters/transcript/secrets.ts'
import type { TranscriptWriter } from '../../adapters/transcript/transcriptWriter.ts'
import { agentEnvironment } from '../../processes/agentEnvironment.ts'
import type { StopLimits } from '../../processes/processGroup.ts'
import { ADAPTERS } from './adapters.ts'
import { askPermission } from './askPermission.ts'
import { finishExecution, toFields } from './finishExecution.ts'
import type { RunContext } from '../run/runContext.ts'
import type { StepOptions } from '../run/stepQueue.ts'
import { openTranscript } from './transcript.ts'
import { UsageOrigin } from './usageOrigin.ts'
import type { RunWorkspace } from '../run/workspace.ts'

/** A session of the run and its agent, opened by this owner. */
export interface OpenAgent {
  readonly role: string
  readonly definition: AgentDefinition
  readonly agent: Agent
  readonly sessionId: string
  /** Hides the secrets of its environment in what it says. */
  readonly mask: (text: string) => string
  /** Puts a prompt into the transcript; one that another owner has put there is not repeated. */
  readonly recordPrompt: (prompt: Prompt) => void
  /** Where what it uses belongs. */
  readonly origin: UsageOrigin
  /** Status of the session, as far as this owner knows. */
  status: SessionStatus
}

/** Where what an agent says goes. */
interface Heard {
  readonly openOutput: (env: Readonly<Record<string, string>>) => AgentOutput
  readonly origin: UsageOrigin
}

/**
 * How many of a run's executions are searched for the fence of one: an agent that is still alive was started recently.
 */
const MAX_EXECUTIONS = 100

/** The agents of one run, one per role, opened on first use. */
export class OpenAgents {
  readonly #run: RunContext
  readonly #workspace: () => Promise<RunWorkspace>
  readonly #byRole = new Map<string, OpenAgent>()
  readonly #transcripts = new Set<TranscriptWriter>()
  /** Ids of sessions of earlier owners whose agents are proven gone. */
  readonly #ended = new Set<string>()
  /** The sessions that earlier owners have opened; under this claim nobody else opens any. */
  #former: Promise<readonly Session[]> | undefined
  /** Ids of executions started under this claim. */
  readonly #started = new Set<string>()
  /** Key of the current phase, for which executions are recorded. */
  phase: string | undefined

  /** @param workspace opens the directory they work in; called when the first agent is opened */
  constructor(run: RunContext, workspace: () => Promise<RunWorkspace>) {
    this.#run = run
    this.#workspace = workspace
  }

  /** Returns the agent of a role if this owner has opened it. */
  get(role: string): OpenAgent | undefined {
    return this.#byRole.get(role)
  }

  /**
   * Opens the session of a role and its agent, adopting those of an earlier owner if they exist.
   *
   * @throws AgentError if no agent is configured for the role, or it can't be opened
   */
  async open(role: string): Promise<OpenAgent> {
    const definition = this.#definitionOf(role)
    if (!definition) throw noAgent(role)
    const workspace = await this.#workspace()
    const opened = await this.#openSession(role, definition)
    await this.#run.step('session-opened')
    if (opened.status === 'CREATED') await this.#setStatus(opened.id, 'BOOTSTRAPPING')
    let secrets: readonly Secret[] = []
    let transcript: AgentOutput = DISCARDED_OUTPUT
    const origin = new UsageOrigin()
    const openOutput = (env: Readonly<Record<string, string>>) => {
      secrets = findSecrets(env)
      transcript = origin.mark(this.#openTranscript(opened.id, env))
      return transcript
    }
    const agent = await this.#reach(opened, definition, workspace, { openOutput, origin })
    const status = opened.status === 'CREATED' ? 'BOOTSTRAPPING' : opened.status
    const mask = (text: string) => maskText(text, secrets)
    const recordPrompt = ({ key, text }: Prompt) => {
      transcript.flush()
      transcript.report({ kind: 'PROMPT', key, updates: key, text })
    }
    const open = { role, definition, agent, sessionId: opened.id, mask, recordPrompt, origin, status }
    this.#byRole.set(role, open)
    await this.#run.step('agent-opened')
    return open
  }

  /** Moves a session to another status. */
  async move(open: OpenAgent, status: SessionStatus, detail?: Record<string, string | null>): Promise<void> {
    await this.#setStatus(open.sessionId, status, detail)
    open.status = status
  }

  /**
   * Ends every agent of the run and all that they started, including those left by an earlier owner. Returns whether
   * all of it is proven gone.
   */
  async stop(limits: StopLimits, end: ProcessEnd['end']): Promise<boolean> {
    // read anew: an agent, too, may have opened some
    const sessions = this.#readSessions()
    sessions.catch(() => undefined)
    const stopped = await Promise.all([...this.#byRole.values()].map(({ agent }) => agent.stop(limits, end)))
    // After the lease, the remaining sessions may belong to another owner.
    const areLeftGone =
      this.#run.owned.remainingMs === 0 || (await this.#endAbandoned(sessions, () => true, limits))
    return areLeftGone && stopped.every(Boolean)
  }

  /**
   * Ends agents that an earlier owner left and this one has not adopted, for the sessions selected by `isMeant`.
   * Returns whether they are proven gone; false also if that can't be determined.
   */
  endAbandoned(isMeant: (session: Session) => boolean, limits: StopLimits): Promise<boolean> {
    return this.#endAbandoned(this.#readFormer(), isMeant, limits)
  }

  /** The longest `killAfterSeconds` of the open agents, in seconds. */
  get killAfterSeconds(): number {
    return Math.max(0, ...[...this.#byRole.values()].map(({ definition }) => definition.killAfterSeconds))
  }

  /** Resolves when no open agent works on a prompt any more. */
  async turnsOver(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#byRole.values()].map(({ agent }) => agent.turnOver(signal)))
  }

  /** Releases the agents, which must have been stopped, and writes the rest of their transcripts. */
  async close(): Promise<void> {
    await Promise.all([...this.#byRole.values()].map(({ agent }) => agent.close()))
    await Promise.all([...this.#transcripts].map((transcript) => transcript.close()))
  }

  async #endAbandoned(
    sessions: Promise<readonly Session[]>,
    isMeant: (session: Session) => boolean,
    limits: StopLimits,
  ): Promise<boolean> {
    try {
      const mine = new Set([...this.#byRole.values()].map(({ sessionId }) => sessionId))
      const left = (await sessions).filter(
        (session) =>
          session.handle !== null &&
          !mine.has(session.id) &&
          !this.#ended.has(session.id) &&
          isMeant(session),
      )
      const gone = await Promise.all(left.map((session) => this.#endOneAbandoned(session, limits)))
      return gone.every(Boolean)
    } catch (error) {
      this.#run.tools.report({
        kind: 'trouble',
        message: `what an earlier owner has left: ${String(error)}`,
      })
      return false
    }
  }

  /** The sessions as they were when the run was claimed; read once. */
  #readFormer(): Promise<readonly Session[]> {
    const former = (this.#former ??= this.#readSessions())
    former.catch(() => (this.#former = undefined))
    return former
  }

  async #readSessions(): Promise<readonly Session[]> {
    const { tools, runId, call, signal } = this.#run
    const options = signal.aborted ? { retry: { attempts: 3, timeoutMs: 5_000 } } : call
    const sessions: Session[] = []
    for await (const session of tools.pawl.sessions.all(runId, options)) sessions.push(session)
    return sessions
  }

  async #endOneAbandoned(session: Session, limits: StopLimits): Promise<boolean> {
    // Opened only to be ended, never started: through tmux, or as plain processes for every other adapter.
    const adapter = session.adapter === 'tmux' ? 'tmux' : 'process'
    const definition = agentDefinitionSchema.parse({ adapter, command: ['false'], prompt: 'stdin' })
    const agent = await this.#reach(
      session,
      definition,
      { path: this.#run.tools.stateRoot, keep: [] },
      // The session still belongs to its earlier owner: the server lets nobody else append to its transcript.
      { openOutput: () => DISCARDED_OUTPUT, origin: new UsageOrigin() },
    )
    const isGone = await agent.stop(limits, 'SUPERVISOR_LOST')
    await agent.close()
    if (isGone) this.#ended.add(session.id)
    return isGone
  }

  /**
   * Fence under which an execution was started: this claim's, or an earlier owner's if its agent lives on in a
   * terminal.
   */
  async #fenceOf(executionId: string): Promise<number> {
    const { tools, runId, owned } = this.#run
    if (this.#started.has(executionId)) return owned.fence
    const { nodes } = await tools.pawl.executions.list({ filter: { runId }, first: MAX_EXECUTIONS })
    return nodes.find(({ id }) => id === executionId)?.fence ?? owned.fence
  }

  /** Records the end of an execution, with what this owner sends next where it has started it. */
  async #recordEnd(executionId: string, ending: ProcessEnd): Promise<void> {
    const run = this.#run
    if (this.#started.has(executionId) && !run.hasLeft) {
      try {
        await run.takeOne({ finishExecution: { executionId, ...toFields(ending) } }, hasFollowing(ending))
        return
      } catch {
        // it can be told after the claim, too
      }
    }
    await finishExecution(run.tools.pawl, executionId, await this.#fenceOf(executionId), ending)
  }

  #definitionOf(role: string): AgentDefinition | undefined {
    const { agents } = this.#run.tools.config
    // A role may have the name of a property that every object inherits.
    return Object.hasOwn(agents, role) ? agents[role] : agents['default']
  }

  /** Opens the agent of a session through its adapter. */
  async #reach(
    { id: sessionId, role, handle }: Session,
    definition: AgentDefinition,
    { path: workspace, keep, lockId }: Pick<RunWorkspace, 'path' | 'keep'> & Partial<RunWorkspace>,
    { openOutput, origin }: Heard,
  ): Promise<Agent> {
    const { tools, owned } = this.#run
    const env = agentEnvironment(tools.env, {
      url: tools.url,
      runId: owned.run.id,
      agentToken: owned.agentToken,
      passEnv: [...tools.config.passEnv, ...definition.passEnv],
      lockId,
    })
    // a session that a person's decision has disposed of meanwhile is not opened anew with this handle
    const open = (kept: JsonValue) => ({
      openSession: { role, adapter: definition.adapter, handle: kept, sessionId },
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
      recordStart: async ({ command, pid, handle: kept }) => {
        const phase = ADAPTERS[definition.adapter].staysBetweenPrompts ? undefined : this.phase
        const start = { startExecution: { command, pid, phase } }
        const taken = this.#run.take(kept === undefined ? [start] : [start, open(kept)])
        const id = (await Promise.all(taken))[0]?.execution?.id
        if (id === undefined) throw new Error('the server did not tell which execution it recorded')
        this.#started.add(id)
        origin.executionId = id
        return id
      },
      recordEnd: async (executionId, ending, kept) => {
        const saved = kept === undefined ? null : this.#run.takeOne(open(kept), hasFollowing(ending))
        saved?.catch(() => undefined)
        await this.#recordEnd(executionId, ending)
        await saved
      },
      askPermission: (asked, signal) =>
        askPermission(this.#run, {
          asked,
          sessionId,
          phase: this.phase,
          expiresInSeconds: definition.answerSeconds,
          signal,
        }),
      saveHandle: async (kept) => void (await this.#run.takeOne(open(kept))),
    }
    return ADAPTERS[definition.adapter].open(context)
  }

  /** Opens the session's transcript; `close` writes the rest of it. */
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
    const former = await this.#readFormer()
    const live = former.find((session) => session.role === role && session.status !== 'DISPOSED')
    if (live?.status === 'FAILED_NEEDS_HUMAN') await this.#setStatus(live.id, 'DISPOSED')
    return (await this.#run.command(owned.sessions.open({ role, adapter, ...call }))).session
  }

  async #setStatus(
    sessionId: string,
    status: SessionStatus,
    detail?: Record<string, string | null>,
  ): Promise<void> {
    await this.#run.takeOne({ updateSession: { sessionId, status, ...(detail && { detail }) } })
  }
}

/** An agent that ended well has left its work: its end is recorded with what follows from that. Any other end is recorded at once. */
function hasFollowing({ end, exitCode }: ProcessEnd): StepOptions {
  return { isPatient: end === 'EXITED' && exitCode === 0 }
}

function noAgent(role: string): AgentError {
  return new AgentError(
    'HUMAN_REQUIRED',
    'NO_AGENT',
    `No agent is configured for the role ${role}`,
    `Add \`${role}\` or \`default\` below \`agents\` in the worker's configuration, restart it, and try again.`,
  )
}

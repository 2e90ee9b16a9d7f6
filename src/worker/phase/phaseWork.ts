import type { Phase, RunDetail, SessionStatus } from '@pawl/sdk'
import type { Prompt } from '../../adapters/kit/adapter.ts'
import type { Baseline } from '../../workspaces/files/baseline.ts'
import type { Artifact, ArtifactTrouble, FilePlace } from '../../workspaces/files/readArtifact.ts'
import type { DeclaredArtifact, DeclaredPhase } from '../run/declared.ts'
import type { RunWithAgents } from '../agent/runWithAgents.ts'
import type { OpenAgent } from '../agent/openAgents.ts'
import type { PendingMessage, PhaseProgress } from '../run/phaseProgress.ts'
import type { Trouble } from '../run/trouble.ts'

/** The steps of a phase. Each says which one follows; `DONE` ends. */
export type Move =
  | 'BEGIN'
  | 'OPEN'
  | 'ENTER'
  | 'CLEAR'
  | 'PROMPT'
  | 'AWAIT'
  | 'JUDGE'
  | 'SUBMIT'
  | 'CORRECT'
  | 'RECOVER'
  | 'LEAVE'
  | 'FAIL'
  | 'DONE'

/**
 * What the agent does about the last prompt:
 *
 * - `NONE`: it was given none in this phase
 * - `ON`: it works
 * - `OVER`: it ended well, or waits for the next
 * - `CRASHED`: it ended with an error
 * - `KILLED`: something ended it, at whatever it did
 * - `SILENT`, `LATE`: it works, but showed no sign of life, or brought no file, for too long
 * - `GONE`: it worked for an earlier owner, and is not there any more
 */
export type Turn = 'NONE' | 'ON' | 'OVER' | 'CRASHED' | 'KILLED' | 'SILENT' | 'LATE' | 'GONE'

/** The work on one phase under one owner: what its steps hand to one another. */
export class PhaseWork {
  readonly drive: RunWithAgents
  readonly declared: DeclaredPhase
  readonly role: string
  readonly phaseId: string
  readonly round: number
  turn: Turn = 'NONE'
  /** When the prompt was sent, or taken over from an earlier owner; as `performance.now()`. */
  sentAt = performance.now()
  /** What stands at the file's path that does not count: it was judged before. */
  baseline: Baseline = null
  /** What stood there when the prompt was sent: it counts once the agent's turn is over. */
  before: Baseline = null
  /** What was found there last. */
  found: Artifact | ArtifactTrouble | undefined
  /** The prompt to be sent, or that was; undefined where one is to be composed. */
  prompt: Prompt | undefined
  /** The messages that it carries. */
  carried: readonly PendingMessage[] = []
  /** What is wrong with the work, as far as this owner has seen. */
  problem = 'the work was not done'
  /** As what the phase fails where the problem is not put right. */
  code = 'NOT_DONE'
  trouble: Trouble | undefined
  #open: OpenAgent | undefined

  constructor(drive: RunWithAgents, declared: DeclaredPhase, role: string, phase: Phase) {
    this.drive = drive
    this.declared = declared
    this.role = role
    this.phaseId = phase.id
    this.round = phase.round
  }

  get key(): string {
    return this.declared.key
  }

  /** The agent with its session. */
  get open(): OpenAgent {
    if (!this.#open) throw new Error(`the agent of phase ${this.key} was not opened`)
    return this.#open
  }

  set open(open: OpenAgent) {
    this.#open = open
  }

  /** The session, where it was opened. */
  get sessionId(): string | undefined {
    return this.#open?.sessionId
  }

  /** Where the phase stands, by the log. */
  get standing(): PhaseProgress {
    return this.drive.log.standing(this.phaseId)
  }

  /** Messages that the agent was not given. */
  get waiting(): readonly PendingMessage[] {
    const given = new Set(this.carried.map(({ id }) => id))
    return this.standing.messages.filter(({ id }) => !given.has(id) && !this.drive.steering.isDelivered(id))
  }

  /** Where the file of the phase is written. */
  async place({ path }: DeclaredArtifact): Promise<FilePlace> {
    return { workspace: (await this.drive.workspace()).path, path }
  }

  /** Whether the run is at another phase by now, or at another attempt, or this one is not under way any more. */
  hasMoved({ status, currentPhase }: RunDetail): boolean {
    const isUnderWay = currentPhase?.status === 'RUNNING' || currentPhase?.status === 'AWAITING_ARTIFACT'
    return status !== 'RUNNING' || currentPhase?.id !== this.phaseId || !isUnderWay
  }

  /** Brings the session to READY, by the way that leads there from where it is. */
  async makeReady(detail?: Record<string, string>): Promise<void> {
    for (let next = this.#next(); next; next = this.#next())
      await this.drive.agents.move(this.open, next, next === 'RESUMING' ? detail : undefined)
  }

  #next(): SessionStatus | null {
    const { status } = this.open
    return status === 'BUSY' ? AFTER_TURN[this.turn] : TO_READY[status]
  }
}

const TO_READY: Readonly<Record<SessionStatus, SessionStatus | null>> = {
  CREATED: 'BOOTSTRAPPING',
  BOOTSTRAPPING: 'READY',
  READY: null,
  BUSY: 'READY',
  ARTIFACT_TIMEOUT: 'RESUMING',
  RESUMING: 'REBOOTSTRAPPED',
  REBOOTSTRAPPED: 'READY',
  WAITING_FOR_APPROVAL: 'READY',
  CRASHED: 'RESUMING',
  FAILED_NEEDS_HUMAN: null,
  DISPOSED: null,
}

/** What a session that was BUSY becomes. */
const AFTER_TURN: Readonly<Record<Turn, SessionStatus>> = {
  NONE: 'READY',
  ON: 'READY',
  OVER: 'READY',
  CRASHED: 'CRASHED',
  KILLED: 'CRASHED',
  SILENT: 'ARTIFACT_TIMEOUT',
  LATE: 'ARTIFACT_TIMEOUT',
  GONE: 'CRASHED',
}

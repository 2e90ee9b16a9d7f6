import { type Family, NO_FAMILY } from '../../../src/lifecycle/run/family.ts'
import { createHash } from 'node:crypto'
import type { Actor } from '../../../src/lifecycle/run/actor.ts'
import type { Command } from '../../../src/lifecycle/run/commandInputs.ts'
import { type Decision, decide } from '../../../src/lifecycle/decide.ts'
import type { RunEvent } from '../../../src/lifecycle/run/events.ts'
import type { Refusal } from '../../../src/lifecycle/run/refusals.ts'
import type { Json, Run } from '../../../src/lifecycle/run/run.ts'
import { DEFAULT_SETTINGS, type Settings } from '../../../src/lifecycle/run/settings.ts'
import type { KeptKey, Situation } from '../../../src/lifecycle/log/draft.ts'
import { draftRun } from '../../../src/lifecycle/decide/start.ts'
import { verifyLog } from '../../../src/lifecycle/log/verify.ts'
import type { Role } from '../../../src/lifecycle/run/enums.ts'
import type { WorkflowDefinition } from '../../../src/lifecycle/workflow/workflow.ts'
import { SOLO } from '../../support/workflows.ts'

/** What a test may tell beside the command. */
export interface Told {
  /** The name of who acts. */
  readonly actor?: string
  /** In which role; left out: WORKER. */
  readonly role?: Role
  readonly kept?: KeptKey | null
  readonly request?: Json
}

/**
 * The life of one run in memory: every command is decided and what it noted is kept, as a store would, with a clock
 * that moves when told to. After each step the run is proven to be the fold of its log, and the decision to have
 * looked at nothing but what a store loads.
 */
export class Story {
  run: Run
  events: RunEvent[] = []
  family: Family = NO_FAMILY
  continuedBy: string | null = null
  now = Date.parse('2026-01-01T00:00:00Z')
  /** False once the run was put into a state that its log does not tell of. */
  private logged = true
  readonly settings: Settings

  constructor(
    readonly workflow: WorkflowDefinition = SOLO,
    settings: Partial<Settings> = {},
  ) {
    this.settings = { ...DEFAULT_SETTINGS, ...settings }
    const draft = draftRun({
      id: 'run_1',
      project: 'default',
      workflow: { id: 'wfl_1', name: workflow.name, version: 1, definition: workflow },
      title: null,
      input: { task: 'it' },
      labels: [],
      concurrencyKey: null,
      parentId: null,
      detached: false,
      depth: 0,
      continuesId: null,
      chainId: null,
      completedRound: 0,
      now: this.now,
      actor: actorOf('olga'),
      newPhaseId: phaseIds(0),
    })
    this.run = draft.run
    this.events.push(...draft.events)
    this.prove()
  }

  /** The same story up to here, to go on otherwise. */
  fork(): Story {
    const other = Object.create(Story.prototype) as Story
    return Object.assign(other, this, { events: [...this.events] })
  }

  /** Lets time pass. */
  passes(seconds: number): this {
    this.now += seconds * 1000
    return this
  }

  /** Decides a command and keeps what came of it. */
  decide(command: Command, told: Told = {}): Decision {
    const before = this.run
    const decision = this.decideOn(before, command, told)
    const loaded = this.decideOn(asLoaded(before, command), command, told)
    same(loaded.result, decision.result, 'the result on the run as it is loaded')
    same(loaded.events, decision.events, 'the events on the run as it is loaded')
    this.run = decision.run
    this.events.push(...decision.events)
    this.prove()
    return decision
  }

  /** Tells a command that must be accepted; answers with the types of the events it noted. */
  does(command: Command, told: Told = {}): string[] {
    const { result, events } = this.decide(command, told)
    if (!result.ok || result.replayed) throw new Error(`${command.type} was ${JSON.stringify(result)}`)
    return events.map(({ type }) => type)
  }

  /** Tells a command that must be refused; answers with why. */
  refuses(command: Command, told: Told = {}): Refusal {
    const { result } = this.decide(command, told)
    if (result.ok) throw new Error(`${command.type} was ${JSON.stringify(result)}`)
    return result.problem
  }

  /** What would be answered, without doing it. */
  wouldBe(command: Command, told: Told = {}): Decision['result'] {
    return this.decideOn(this.run, command, told).result
  }

  /** Puts the run into a state that no command of this version leads to. */
  become(changes: Partial<Run>): this {
    this.run = { ...this.run, ...changes }
    this.logged = false
    return this
  }

  private decideOn(
    run: Run,
    command: Command,
    { actor = 'olga', role, kept = null, request = null }: Told,
  ): Decision {
    return decide({ ...this.situationOf(run), kept }, command, actorOf(actor, role), request)
  }

  /** What a decision on this run is made with, besides its key. */
  situationOf(run: Run): Omit<Situation, 'kept'> {
    const { workflow, settings, now, family, continuedBy } = this
    const newPhaseId = phaseIds(run.revision)
    const newApprovalId = () => `apr_${run.revision}`
    return { run, workflow, settings, now, family, continuedBy, newPhaseId, newApprovalId, sha256 }
  }

  private prove(): void {
    if (!this.logged) return
    const { differences } = verifyLog(this.run, this.events, this.workflow)
    if (differences.length > 0) throw new Error(differences.map(({ detail }) => detail).join('; '))
  }
}

/** The principal with this name. */
export function actorOf(name: string, role: Role = 'WORKER'): Actor {
  return { id: `prn_${name}`, name, role }
}

/** SHA-256 in hex, as the server hands it to a decision. */
function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Ids of the phases that a decision on a run at this revision opens. */
function phaseIds(revision: number): () => string {
  let made = 0
  return () => `phs_${revision}_${++made}`
}

/** A run as a store loads it for a decision: the present round, last attempts, what is under way and the row named. */
export function asLoaded(run: Run, command: Command): Run {
  const named = (id: string) => Object.values(command).includes(id)
  const phases = run.phases.filter(({ round }) => round === run.round)
  const ofLastAttempt = (row: { phaseId: string | null; attempt: number | null }) =>
    phases.some(({ id, attempts }) => id === row.phaseId && attempts === row.attempt)
  return {
    ...run,
    phases: phases.map((phase) => ({
      ...phase,
      history: phase.history.filter(({ attempt }) => attempt === phase.attempts),
    })),
    executions: run.executions.filter(({ id, end }) => end === null || named(id)),
    sessions: run.sessions.filter(({ id, status }) => status !== 'DISPOSED' || named(id)),
    artifacts: run.artifacts.filter(ofLastAttempt),
    approvals: run.approvals.filter(
      (each) =>
        each.status === 'PENDING' ||
        named(each.id) ||
        ofLastAttempt(each) ||
        isStandingNo(run, each) ||
        isStandingPermission(run, each),
    ),
    messages: run.messages.filter(
      ({ id, status }) => status === 'PENDING' || status === 'DELIVERED' || named(id),
    ),
  }
}

/** What is allowed for the rest of a live session. */
function isStandingPermission({ sessions }: Run, { status, sessionId }: Run['approvals'][number]): boolean {
  return (
    status === 'ALLOWED_ALWAYS' &&
    sessions.some(({ id, status: at }) => id === sessionId && at !== 'DISPOSED')
  )
}

/** A no to a question about the run as a whole, which nobody has asked again since. */
function isStandingNo({ approvals }: Run, approval: Run['approvals'][number]): boolean {
  const isAbout = ({ phaseId, kind, gate }: typeof approval) =>
    phaseId === null && kind === 'REVIEW' && gate === approval.gate
  const isNo =
    approval.status === 'REJECTED' || (approval.status === 'EXPIRED' && approval.onExpiry === 'REJECT')
  return isAbout(approval) && isNo && approvals.findLast(isAbout) === approval
}

function same(one: unknown, other: unknown, what: string): void {
  if (JSON.stringify(one) !== JSON.stringify(other))
    throw new Error(`${what} differs: ${JSON.stringify(one)}, not ${JSON.stringify(other)}`)
}

import type { Actor } from '../run/actor.ts'
import type { EventPayload, EventType, RunEvent } from '../run/events.ts'
import { evolve } from './evolve.ts'
import type { Family } from '../run/family.ts'
import type { Holder } from '../run/refusals.ts'
import { findPhase, type Instant, type Json, liveClaim, type Run } from '../run/run.ts'
import type { Settings } from '../run/settings.ts'
import type { WorkflowDefinition } from '../workflow/workflow.ts'

/** The key and input of an accepted command, as stored with its last event. */
export interface KeptKey {
  readonly runId: string
  readonly request: Json
  readonly event: RunEvent | null
}

/** The input of a decision: a run at one snapshot, and the database's clock at that snapshot. */
export interface Situation {
  readonly run: Run
  readonly workflow: WorkflowDefinition
  readonly settings: Settings
  readonly now: Instant
  /** What is stored under the command's idempotency key; null if it has no key or the key is new. */
  readonly kept: KeptKey | null
  /** The run's ancestors and children, at the same snapshot. */
  readonly family: Family
  /** The last run of the chain that continues this one; null if no run continues it. */
  readonly continuedBy: string | null
  /** Makes the id of a new phase. */
  readonly newPhaseId: () => string
  /** Makes the id of a new approval. */
  readonly newApprovalId: () => string
  /** SHA-256 of a text, in hex. */
  readonly sha256: (text: string) => string
}

/**
 * Returns how long the run has not been RUNNING, in milliseconds, for the event that ends its current status; 0 for a
 * settled run.
 */
export function awayMsOf({ run, now }: Draft): number {
  if (run.status === 'RUNNING' || run.settledAt !== null) return 0
  // a phase that was started while a question was open counts from then
  const startedAt = findPhase(run, run.currentPhase)?.startedAt ?? run.statusAt
  return Math.max(0, now - Math.max(run.statusAt, startedAt))
}

/**
 * A decision in progress: the run after the events noted so far. Each event is folded at once, so that the next rule
 * sees its effect, and the rows to be written always equal the fold.
 */
export class Draft {
  constructor(
    public run: Run,
    readonly workflow: WorkflowDefinition,
    readonly now: Instant,
    readonly actor: Actor,
    readonly events: RunEvent[] = [],
  ) {}

  /** Starts the draft of a new run with its first event. */
  static begin(
    id: string,
    workflow: WorkflowDefinition,
    now: Instant,
    actor: Actor,
    payload: EventPayload<'run.created'>,
  ): Draft {
    const event: RunEvent = { type: 'run.created', seq: 1, epoch: 1, at: now, ...toActing(actor), payload }
    return new Draft(evolve(null, event, id, workflow), workflow, now, actor, [event])
  }

  /** The current holder of the run, as shown to the caller; null if it has no live claim. */
  get holder(): Holder | null {
    const claim = liveClaim(this.run.claim, this.now)
    if (!claim) return null
    const isYours = claim.claimedById !== null && claim.claimedById === this.actor.id
    return { owner: claim.owner, until: claim.expiresAt, isYours }
  }

  /** Notes an event of the current epoch (the default) or the next one, and folds it. */
  note<T extends EventType>(type: T, payload: EventPayload<T>, epoch = this.run.epoch): void {
    const event = {
      type,
      seq: this.run.revision + 1,
      epoch,
      at: this.now,
      ...toActing(this.actor),
      payload,
    } as RunEvent
    this.run = evolve(this.run, event, this.run.id, this.workflow)
    this.events.push(event)
  }
}

function toActing({ name, id }: Actor): Pick<RunEvent, 'actor' | 'actorId'> {
  return { actor: name, actorId: id }
}

import type { Actor } from '../run/actor.ts'
import type { EventPayload, EventType, RunEvent } from '../run/events.ts'
import { evolve } from './evolve.ts'
import type { Family } from '../run/family.ts'
import type { Holder } from '../run/refusals.ts'
import { type Instant, type Json, liveClaim, type Run } from '../run/run.ts'
import type { Settings } from '../run/settings.ts'
import type { WorkflowDefinition } from '../workflow/workflow.ts'

/** An accepted command's key and input, as they were kept beside its last event. */
export interface KeptKey {
  readonly runId: string
  readonly request: Json
  readonly event: RunEvent | null
}

/** All that a decision may look at: a run at one snapshot, and the database's clock at that snapshot. */
export interface Situation {
  readonly run: Run
  readonly workflow: WorkflowDefinition
  readonly settings: Settings
  readonly now: Instant
  /** What was kept under the command's idempotency key, where it came with one. */
  readonly kept: KeptKey | null
  /** The runs above and below it, at the same snapshot. */
  readonly family: Family
  /** The run at the end of the chain that goes on from this one; null where none continues it. */
  readonly continuedBy: string | null
  /** Makes the id of a phase that the decision brings into being. */
  readonly newPhaseId: () => string
  /** Makes the id of an approval. */
  readonly newApprovalId: () => string
  /** SHA-256 of a text, in hex. */
  readonly sha256: (text: string) => string
}

/** How long a run that is not RUNNING has not been, in milliseconds, for the event that ends its status. */
export function awayMsOf({ run, now }: Draft): number {
  return run.status === 'RUNNING' || run.settledAt !== null ? 0 : Math.max(0, now - run.statusAt)
}

/**
 * A decision under way: the run as it is after the events noted so far. Each note is folded at once, so that
 * the next rule sees the run as it will be, and what is applied is what the log says.
 */
export class Draft {
  constructor(
    public run: Run,
    readonly workflow: WorkflowDefinition,
    readonly now: Instant,
    readonly actor: Actor,
    readonly events: RunEvent[] = [],
  ) {}

  /** The draft of a new run: its first event, folded. */
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

  /** Who holds the run now, as whoever asks is told; null where nobody does. */
  get holder(): Holder | null {
    const claim = liveClaim(this.run.claim, this.now)
    if (!claim) return null
    const isYours = claim.claimedById !== null && claim.claimedById === this.actor.id
    return { owner: claim.owner, until: claim.expiresAt, isYours }
  }

  /** Notes an event of the present epoch, or of the next one, and folds it. */
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

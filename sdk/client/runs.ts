import * as g from '../generated/graphql.ts'
import { requireRun, toPage } from '../request/pages.ts'
import type { CallOptions, Requests } from '../request/request.ts'
import type * as t from '../request/types.ts'
import { readChanges, readDirectives, readEvents, watchRun } from '../streams/watch.ts'
import type {
  ChangesOptions,
  DirectivesOptions,
  EventsOptions,
  Streams,
  WatchOptions,
} from '../streams/watch.ts'

/** Which runs to list. */
export interface ListRunsFields extends CallOptions {
  readonly filter?: g.RunFilter | undefined
  /** Default `CREATED_DESC`. */
  readonly orderBy?: g.RunOrder | undefined
  readonly first?: number | undefined
  readonly after?: string | undefined
  readonly last?: number | undefined
  readonly before?: string | undefined
}

/** Runs: the commands, and the questions about them. Each command answers with a union; `unwrap` or `match` it. */
export class Runs {
  readonly #requests: Requests
  readonly #streams: Streams

  constructor(streams: Streams) {
    this.#requests = streams.requests
    this.#streams = streams
  }

  /**
   * Starts a run of a workflow; with `claim`, already owned by the caller. With `parentRunId` it is cancelled with its parent, which
   * is not completed before it has ended, unless it is `detached`; with `continuesRunId` it takes up where a settled run ended.
   *
   * Problems: `WorkflowNotFound`, `WorkflowMismatch`, `AlreadyContinued`, `RunNotActive`, `ConcurrencyConflict`,
   * `IdempotencyMismatch`, `RunNotFound`, `InvalidInput`, `Forbidden`.
   */
  async start(fields: t.Fields<g.StartRunInput>): Promise<t.StartRunResult> {
    return (await this.#requests.mutate(g.StartRunDocument, fields)).startRun
  }

  /** The run, or null where there is none of this id. */
  async get(runId: string, options?: CallOptions): Promise<t.RunDetail | null> {
    return (await this.#requests.query(g.RunDocument, { id: runId }, options)).run
  }

  /** The runs as they are now, in the order of the ids, at most 500; null where there is none, or none that may be seen. */
  async getMany(runIds: readonly string[], options?: CallOptions): Promise<(t.Run | null)[]> {
    const { nodes } = await this.#requests.query(g.RunsByIdDocument, { ids: [...runIds] }, options)
    return nodes.map((node) => (node?.__typename === 'Run' ? node : null))
  }

  /** One page of runs, newest first unless told otherwise. */
  async list({ signal, retry, ...fields }: ListRunsFields = {}): Promise<t.RunPage> {
    const { runs } = await this.#requests.query(g.RunsDocument, fields, { signal, retry })
    return { ...toPage(runs), feedCursor: runs.feedCursor }
  }

  /**
   * One page of the runs whose parent this one is.
   *
   * @throws PawlFault `RUN_NOT_FOUND`.
   */
  async children(
    runId: string,
    { signal, retry, ...page }: t.PageFields & CallOptions = {},
  ): Promise<t.Page<t.Run>> {
    const { run } = await this.#requests.query(g.ChildrenDocument, { runId, ...page }, { signal, retry })
    return toPage(requireRun(runId, run).children)
  }

  /** How many runs stand in each status; of a settled one at most 10,000 are counted, and `isExact` is false where there are more. */
  async counts({ filter, ...options }: { filter?: g.RunFilter | undefined } & CallOptions = {}): Promise<
    t.RunCount[]
  > {
    return (await this.#requests.query(g.RunCountsDocument, { filter }, options)).runCounts
  }

  /**
   * Which run a command means: the given one, else that of the execution, else the only active one.
   *
   * Problems: `AmbiguousRun`, `NoActiveRun`, `RunNotFound`, `ExecutionNotFound`, `InvalidInput`.
   */
  async resolve({ signal, retry, ...input }: t.Fields<g.ResolveRunInput> = {}): Promise<t.ResolveRunResult> {
    return (await this.#requests.query(g.ResolveRunDocument, { input }, { signal, retry })).resolveRun
  }

  /**
   * Whether the run equals the fold of its events, and where it does not.
   *
   * Problems: `RunNotFound`, `InvalidInput`, `Forbidden`.
   */
  async verify(runId: string, options?: CallOptions): Promise<t.VerifyRunResult> {
    return (await this.#requests.query(g.VerifyRunDocument, { id: runId }, options)).verifyRun
  }

  /**
   * Takes the right to drive a run: the given one, or the oldest that the filters admit.
   *
   * Problems: `NothingToClaim`, `NotClaimable`, `RunNotFound`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async claim(fields: t.Fields<g.ClaimRunInput>): Promise<t.ClaimRunResult> {
    return (await this.#requests.mutate(g.ClaimRunDocument, fields)).claimRun
  }

  /**
   * Moves the end of the lease to now plus `leaseSeconds` (default: the claim's), and says what the owner is to do.
   *
   * Problems: `RunNotActive`, `LeaseLost`, `RunNotFound`, `InvalidInput`, `Forbidden`.
   */
  async renew(
    runId: string,
    { signal, retry, ...fields }: t.Fields<g.RenewLeaseInput, 'runId'>,
  ): Promise<t.RenewLeaseResult> {
    const input = { ...fields, runId }
    // whoever renews is no agent, and is shown the run always
    return (await this.#requests.query(g.RenewLeaseDocument, { input }, { signal, retry }))
      .renewLease as t.RenewLeaseResult
  }

  /**
   * Gives the run back: RUNNING becomes QUEUED, CANCELLING becomes CANCELLED without confirmation. With `untilChildren` nobody
   * claims it while a child attached to it is active.
   *
   * Problems: `LeaseLost`, `RunNotFound`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async release(runId: string, fields: t.Fields<g.ReleaseRunInput, 'runId'>): Promise<t.ReleaseRunResult> {
    return (await this.#requests.mutate(g.ReleaseRunDocument, { ...fields, runId })).releaseRun
  }

  /**
   * Pauses the run; its owner keeps the lease and is told to stop.
   *
   * Problems: `NotPausable`, `RevisionConflict`, `RunNotFound`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async pause(runId: string, fields: t.Fields<g.PauseRunInput, 'runId'> = {}): Promise<t.PauseRunResult> {
    return (await this.#requests.mutate(g.PauseRunDocument, { ...fields, runId })).pauseRun
  }

  /**
   * Takes a paused or failed run, or one whose owner is lost, up again; with `claim`, owned by the caller.
   *
   * Problems: `NotResumable`, `NotClaimable`, `ConcurrencyConflict`, `RevisionConflict`, `IdempotencyMismatch`, `RunNotFound`,
   * `InvalidInput`, `Forbidden`.
   */
  async resume(runId: string, fields: t.Fields<g.ResumeRunInput, 'runId'> = {}): Promise<t.ResumeRunResult> {
    return (await this.#requests.mutate(g.ResumeRunDocument, { ...fields, runId })).resumeRun
  }

  /**
   * Ends the run as COMPLETED, where the server holds the evidence.
   *
   * Problems: `NotCompletable`, `RunNotActive`, `LeaseLost`, `RevisionConflict`, `RunNotFound`, `IdempotencyMismatch`,
   * `InvalidInput`, `Forbidden`.
   */
  async complete(
    runId: string,
    fields: t.Fields<g.CompleteRunInput, 'runId'> = {},
  ): Promise<t.CompleteRunResult> {
    return (await this.#requests.mutate(g.CompleteRunDocument, { ...fields, runId })).completeRun
  }

  /**
   * Ends the run as FAILED, with what went wrong.
   *
   * Problems: `RunNotActive`, `LeaseLost`, `RunNotFound`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async fail(runId: string, fields: t.Fields<g.FailRunInput, 'runId'>): Promise<t.FailRunResult> {
    return (await this.#requests.mutate(g.FailRunDocument, { ...fields, runId })).failRun
  }

  /**
   * Cancels the run: at once without a live owner, else CANCELLING until its owner confirms or its grace has passed. Its children
   * are cancelled at once with it, unless they are detached or `cascade` is false: `childrenCancelled` counts those that are, `childrenLeft` are still active.
   *
   * Problems: `RevisionConflict`, `RunNotFound`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async cancel(runId: string, fields: t.Fields<g.CancelRunInput, 'runId'> = {}): Promise<t.CancelRunResult> {
    return (await this.#requests.mutate(g.CancelRunDocument, { ...fields, runId })).cancelRun
  }

  /**
   * Lets a child live and end by itself: it is neither cancelled with its parent nor waited for by it any more.
   *
   * Problems: `RunNotActive`, `RevisionConflict`, `RunNotFound`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async detach(runId: string, fields: t.Fields<g.DetachRunInput, 'runId'> = {}): Promise<t.DetachRunResult> {
    return (await this.#requests.mutate(g.DetachRunDocument, { ...fields, runId })).detachRun
  }

  /**
   * The owner's word that its processes are gone: CANCELLING becomes CANCELLED, confirmed.
   *
   * Problems: `RunNotActive`, `LeaseLost`, `RunNotFound`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async confirmCancel(
    runId: string,
    fields: t.Fields<g.ConfirmCancelInput, 'runId'>,
  ): Promise<t.ConfirmCancelResult> {
    return (await this.#requests.mutate(g.ConfirmCancelDocument, { ...fields, runId })).confirmCancel
  }

  /**
   * Deletes a settled run without a live owner, with everything below it.
   *
   * Problems: `NotDeletable`, `RunNotFound`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async delete(runId: string, fields: t.Fields<g.DeleteRunInput, 'runId'> = {}): Promise<t.DeleteRunResult> {
    return (await this.#requests.mutate(g.DeleteRunDocument, { ...fields, runId })).deleteRun
  }

  /**
   * Where the run stands now, then after each change, until it is final (or settled, with `untilSettled`). Reconnects by
   * itself, never repeats a revision, never goes back; a slow reader gets the newest frame alone.
   */
  watch(runId: string, options: WatchOptions = {}): AsyncIterableIterator<t.RunFrame> {
    return watchRun(this.#streams, runId, options)
  }

  /** Every event of the run after the given `seq`, once and in order, until the last one of a final run. Reconnects by itself. */
  events(runId: string, options: EventsOptions = {}): AsyncIterableIterator<t.RunEvent> {
    return readEvents(this.#streams, runId, options)
  }

  /**
   * Every change of the runs the filter admits, from a cursor of `list` or from now on, without end. Reconnects by itself.
   *
   * @throws PawlCursorExpiredError where the cursor is too old: list again, and go on from the new one.
   */
  changes(options: ChangesOptions = {}): AsyncIterableIterator<t.RunsChange> {
    return readChanges(this.#streams, options)
  }

  /**
   * What the owner of a claim is to do: now, then whenever it changes, until the claim is gone; between these each message that is
   * sent to it, as a MESSAGE. Reconnects by itself.
   */
  directives(runId: string, options: DirectivesOptions): AsyncIterableIterator<t.Directive> {
    return readDirectives(this.#streams, runId, options)
  }
}

import * as g from '../generated/graphql.ts'
import { asType, readAll, requireRun } from '../request/pages.ts'
import type { CallOptions, Requests } from '../request/request.ts'
import type * as t from '../request/types.ts'
import { readChanges, readDirectives, readEvents, readOffers, watchRun } from '../streams/watch.ts'
import type {
  ChangesOptions,
  DirectivesOptions,
  EventsOptions,
  OffersOptions,
  Streams,
  WatchOptions,
} from '../streams/watch.ts'

/** Which runs to list. */
export interface ListRunsFields extends CallOptions {
  readonly filter?: g.RunFilter | undefined
  /** Default: the newest first. */
  readonly orderBy?: g.RunOrder | undefined
  readonly first?: number | undefined
  readonly after?: string | undefined
  readonly last?: number | undefined
  readonly before?: string | undefined
  /** Also counts all that match; see `totalCount` of the page. Default false. */
  readonly withTotalCount?: boolean | undefined
}

/** Of what the usage is read. */
export interface UsageOptions extends CallOptions {
  /** Only what was used in this round; default: in all of them. */
  readonly round?: number | undefined
  /** How many of the newest executions are told, at most 500. Default 100. */
  readonly executions?: number | undefined
}

/** Commands and queries for runs. Each command answers with a union: use `unwrap` or `match` on it. */
export class Runs {
  readonly #requests: Requests
  readonly #streams: Streams

  constructor(streams: Streams) {
    this.#requests = streams.requests
    this.#streams = streams
  }

  /**
   * Starts a run of a workflow; with `claim`, the caller owns it at once. With `parentRunId` the run is cancelled with
   * its parent, and the parent cannot complete before it has ended, unless it is `isDetached`. With `continuesRunId` it
   * continues from where a settled run ended.
   *
   * Problems: `WorkflowMismatch`, `AlreadyContinued`, `RunNotActive`, `ConcurrencyConflict`,
   * `IdempotencyMismatch`, `NotFound`, `InvalidInput`, `Forbidden`.
   */
  async start(fields: t.Fields<g.StartRunInput>): Promise<t.StartRunResult> {
    return this.#requests.mutate(g.StartRunDocument, fields)
  }

  /** The run, or null if the id is unknown. */
  async get(runId: string, options?: CallOptions): Promise<t.RunDetail | null> {
    return this.#requests.query(g.RunDocument, { ...options, id: runId })
  }

  /**
   * The current runs in the order of the ids, at most 500; null for an id that is unknown or not visible to the caller.
   */
  async getMany(runIds: readonly string[], options?: CallOptions): Promise<(t.Run | null)[]> {
    const nodes = await this.#requests.query(g.RunsByIdDocument, { ...options, ids: runIds })
    return nodes.map((node) => asType(node, 'Run'))
  }

  /** One page of runs, newest first by default. */
  async list(fields: ListRunsFields = {}): Promise<t.RunPage> {
    return this.#requests.query(g.RunsDocument, fields)
  }

  /**
   * Every run that matches, newest first by default, read page by page as the loop goes on: a run that is created
   * meanwhile may be missing, none comes twice.
   */
  all({ first, after, ...fields }: ListRunsFields = {}): AsyncGenerator<t.Run, undefined> {
    return readAll((page) => this.list({ ...fields, ...page }), { first, after })
  }

  /**
   * One page of the run's children.
   *
   * @throws PawlFault `RUN_NOT_FOUND`.
   */
  async children(runId: string, page: t.PageFields & CallOptions = {}): Promise<t.Page<t.Run>> {
    const run = await this.#requests.query(g.ChildrenDocument, { ...page, runId })
    return requireRun(runId, run).children
  }

  /**
   * What the agents of a run told that they had used: in all, or in one round. With it come the phases of that round (else of the
   * current one), the sessions and the newest executions, each with its own part. Null where nothing was told.
   *
   * @throws PawlFault `RUN_NOT_FOUND`.
   */
  async usage(
    runId: string,
    { round, executions = 100, ...options }: UsageOptions = {},
  ): Promise<t.RunUsage> {
    const run = await this.#requests.query(g.RunUsageDocument, { ...options, id: runId, round, executions })
    const { executions: listed, sessions, ...found } = requireRun(runId, run)
    return { ...found, sessions: sessions.nodes, executions: listed.nodes }
  }

  /** What runs used in all, in the order of the ids, at most 500; null where nothing was told, or a run is not visible. */
  async usages(runIds: readonly string[], options?: CallOptions): Promise<(t.Usage | null)[]> {
    const nodes = await this.#requests.query(g.UsagesOfRunsDocument, { ...options, ids: runIds })
    return nodes.map((node) => asType(node, 'Run')?.usage ?? null)
  }

  /**
   * The number of runs in each status. A settled status is counted up to 10,000; `isExact` is false if there are more.
   */
  async counts({ filter, ...options }: { filter?: g.RunFilter | undefined } & CallOptions = {}): Promise<
    t.RunCount[]
  > {
    return this.#requests.query(g.RunCountsDocument, { ...options, filter })
  }

  /** One page of the projects that you may see, by name, with the numbers of their runs. */
  async projects(page: t.PageFields & CallOptions = {}): Promise<t.Page<t.Project>> {
    return this.#requests.query(g.ProjectsDocument, page)
  }

  /**
   * Resolves the run that a command refers to: the given run, otherwise the execution's run, otherwise the only active
   * run.
   *
   * Problems: `AmbiguousRun`, `NoActiveRun`, `NotFound`, `InvalidInput`.
   */
  async resolve(fields: t.Fields<g.ResolveRunInput> = {}): Promise<t.ResolveRunResult> {
    return this.#requests.queryWith(g.ResolveRunDocument, fields)
  }

  /**
   * Checks whether the run equals the fold of its events, and returns the differences.
   *
   * Problems: `NotFound`, `Forbidden`.
   */
  async verify(runId: string, options?: CallOptions): Promise<t.VerifyRunResult> {
    return this.#requests.query(g.VerifyRunDocument, { ...options, id: runId })
  }

  /**
   * Claims a run: the given one, or the oldest that matches the filters.
   *
   * Problems: `NothingToClaim`, `NotClaimable`, `RevisionConflict`, `NotFound`, `IdempotencyMismatch`, `InvalidInput`,
   * `Forbidden`.
   */
  async claim(fields: t.Fields<g.ClaimRunInput>): Promise<t.ClaimRunResult> {
    return this.#requests.mutate(g.ClaimRunDocument, fields)
  }

  /**
   * Extends the lease to now plus `leaseSeconds` (default: the claim's), and answers with the owner's directives.
   *
   * Problems: `RunNotActive`, `LeaseLost`, `NotFound`, `InvalidInput`, `Forbidden`.
   */
  async renew(runId: string, fields: t.Fields<g.RenewLeaseInput, 'runId'>): Promise<t.RenewLeaseResult> {
    return this.#requests.queryWith(g.RenewLeaseDocument, { ...fields, runId })
  }

  /**
   * Releases the run: RUNNING becomes QUEUED, CANCELLING becomes CANCELLED without confirmation. With `isWaitingForChildren`
   * it cannot be claimed while an attached child is active.
   *
   * Problems: `LeaseLost`, `RevisionConflict`, `NotFound`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async release(runId: string, fields: t.Fields<g.ReleaseRunInput, 'runId'>): Promise<t.ReleaseRunResult> {
    return this.#requests.mutate(g.ReleaseRunDocument, { ...fields, runId })
  }

  /**
   * Pauses the run; its owner keeps the lease and receives the directive to stop.
   *
   * Problems: `NotPausable`, `RevisionConflict`, `NotFound`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async pause(runId: string, fields: t.Fields<g.PauseRunInput, 'runId'> = {}): Promise<t.PauseRunResult> {
    return this.#requests.mutate(g.PauseRunDocument, { ...fields, runId })
  }

  /**
   * Resumes a run that is paused or failed, or whose owner is lost; with `claim`, the caller owns it at once.
   *
   * Problems: `NotResumable`, `NotClaimable`, `ConcurrencyConflict`, `RevisionConflict`, `IdempotencyMismatch`,
   * `NotFound`, `InvalidInput`, `Forbidden`.
   */
  async resume(runId: string, fields: t.Fields<g.ResumeRunInput, 'runId'> = {}): Promise<t.ResumeRunResult> {
    return this.#requests.mutate(g.ResumeRunDocument, { ...fields, runId })
  }

  /**
   * Ends the run as COMPLETED if the server has all required evidence.
   *
   * Problems: `NotCompletable`, `RunNotActive`, `LeaseLost`, `RevisionConflict`, `NotFound`, `IdempotencyMismatch`,
   * `InvalidInput`, `Forbidden`.
   */
  async complete(
    runId: string,
    fields: t.Fields<g.CompleteRunInput, 'runId'> = {},
  ): Promise<t.CompleteRunResult> {
    return this.#requests.mutate(g.CompleteRunDocument, { ...fields, runId })
  }

  /**
   * Ends the run as FAILED, with an error.
   *
   * Problems: `RunNotActive`, `LeaseLost`, `RevisionConflict`, `NotFound`, `IdempotencyMismatch`, `InvalidInput`,
   * `Forbidden`.
   */
  async fail(runId: string, fields: t.Fields<g.FailRunInput, 'runId'>): Promise<t.FailRunResult> {
    return this.#requests.mutate(g.FailRunDocument, { ...fields, runId })
  }

  /**
   * Takes several commands of the run's owner in one decision and one write: others see all of them or none. Each is taken as if it came
   * alone after the one before. By default all are taken or none; with `isAtomic: false` those before the first refusal.
   *
   * `refusal` of a `StepRefused` is what that step's own method would answer.
   *
   * Problems: `StepRefused`, `LeaseLost`, `RevisionConflict`, `NotFound`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async drive(
    runId: string,
    steps: readonly g.RunStep[],
    fields: t.Fields<g.DriveRunInput, 'runId' | 'steps'> = {},
  ): Promise<t.DriveRunResult> {
    return this.#requests.mutate(g.DriveRunDocument, { ...fields, runId, steps })
  }

  /**
   * Cancels the run: immediately without a live owner, otherwise it is CANCELLING until its owner confirms or the grace
   * period ends. The cancel cascades to its children, unless they are detached or `isCascading` is false:
   * `childrenCancelled` counts the cancelled ones, `childrenLeft` the ones that are still active.
   *
   * Problems: `RevisionConflict`, `NotFound`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async cancel(runId: string, fields: t.Fields<g.CancelRunInput, 'runId'> = {}): Promise<t.CancelRunResult> {
    return this.#requests.mutate(g.CancelRunDocument, { ...fields, runId })
  }

  /**
   * Detaches a child from its parent: it is no longer cancelled with the parent, and the parent no longer waits for it.
   *
   * Problems: `RunNotActive`, `RevisionConflict`, `NotFound`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async detach(runId: string, fields: t.Fields<g.DetachRunInput, 'runId'> = {}): Promise<t.DetachRunResult> {
    return this.#requests.mutate(g.DetachRunDocument, { ...fields, runId })
  }

  /**
   * Confirms that the owner's processes are gone: CANCELLING becomes CANCELLED, confirmed.
   *
   * Problems: `RunNotActive`, `LeaseLost`, `RevisionConflict`, `NotFound`, `IdempotencyMismatch`, `InvalidInput`,
   * `Forbidden`.
   */
  async confirmCancel(
    runId: string,
    fields: t.Fields<g.ConfirmCancelInput, 'runId'>,
  ): Promise<t.ConfirmCancelResult> {
    return this.#requests.mutate(g.ConfirmCancelDocument, { ...fields, runId })
  }

  /**
   * Deletes a settled run without a live owner, with everything below it.
   *
   * Problems: `NotDeletable`, `RevisionConflict`, `NotFound`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async delete(runId: string, fields: t.Fields<g.DeleteRunInput, 'runId'> = {}): Promise<t.DeleteRunResult> {
    return this.#requests.mutate(g.DeleteRunDocument, { ...fields, runId })
  }

  /**
   * Streams the run's current status, then each change, until it is final (or settled, with `untilSettled`). Reconnects
   * automatically and never repeats a revision or goes back to an older one; a slow reader gets only the newest frame.
   */
  watch(runId: string, options: WatchOptions = {}): AsyncIterableIterator<t.RunFrame> {
    return watchRun(this.#streams, runId, options)
  }

  /**
   * Streams every event of the run after the given `seq`, once and in order, until the last one of a final run.
   * Reconnects automatically.
   */
  events(runId: string, options: EventsOptions = {}): AsyncIterableIterator<t.RunEvent> {
    return readEvents(this.#streams, runId, options)
  }

  /**
   * Streams every change of the runs that match the filter, from a cursor of `list` or from now on, without end.
   * Reconnects automatically.
   *
   * @throws PawlCursorExpiredError if the cursor is too old: list again, and resume from the new one.
   */
  changes(options: ChangesOptions = {}): AsyncIterableIterator<t.RunsChange> {
    return readChanges(this.#streams, options)
  }

  /**
   * Streams runs that can be claimed, without end, while the caller waits for one: `worker` does all of that. A server offers
   * each to one of those that wait, and after a second, if nobody has claimed it, to the next. The claim decides who gets it.
   */
  offers(options: OffersOptions = {}): AsyncIterableIterator<t.RunOffer> {
    return readOffers(this.#streams, options)
  }

  /**
   * Streams the owner's directive: the current one, then each change, until the claim is lost; in between, each message
   * to the owner as a MESSAGE. Reconnects automatically.
   */
  directives(runId: string, options: DirectivesOptions): AsyncIterableIterator<t.Directive> {
    return readDirectives(this.#streams, runId, options)
  }
}

import * as g from '../generated/graphql.ts'
import { readEvents, type Streams } from '../streams/watch.ts'
import { asType, requireRun } from '../request/pages.ts'
import type { CallOptions, Requests } from '../request/request.ts'
import type { StreamOptions } from '../streams/stream.ts'
import type * as t from '../request/types.ts'

/** Which approvals to list: those of one run, or those of all runs that match the filter. */
export type ListApprovalsFields = t.PageFields &
  CallOptions &
  (
    | { readonly runId: string; readonly filter?: undefined }
    | {
        readonly runId?: undefined
        readonly filter?: g.ApprovalFilter | undefined
        /** Maximum number of approvals from the end: the oldest ones. */
        readonly last?: number | undefined
        /** Only what comes before this cursor. */
        readonly before?: string | undefined
      }
  )

/** Approvals: questions that only a person may answer. */
export class Approvals {
  readonly #requests: Requests
  readonly #streams: Streams

  constructor(streams: Streams) {
    this.#requests = streams.requests
    this.#streams = streams
  }

  /**
   * Asks a person for a decision about the current phase or the whole run; the run waits for it. For the run's owner.
   * A PERMISSION or a QUESTION is asked in the middle of a turn: the owner, which announced it in its claim's `kinds`,
   * stays at work, and `wait` tells the answer. A permission that was allowed always in its session is answered at once.
   *
   * Problems: `IllegalTransition`, `NotCompletable`, `RunNotActive`, `UnknownPhase`, `LeaseLost`, `RevisionConflict`,
   * `IdempotencyMismatch`, `NotFound`, `InvalidInput`, `Forbidden`.
   */
  async request(
    runId: string,
    fields: t.Fields<g.RequestApprovalInput, 'runId'>,
  ): Promise<t.RequestApprovalResult> {
    return this.#requests.mutate(g.RequestApprovalDocument, { ...fields, runId })
  }

  /**
   * Decides an approval, finally: APPROVE or REJECT for a REVIEW, RETRY or ABORT for a RECOVERY, ALLOW, ALLOW_ALWAYS or
   * DENY for a PERMISSION, ANSWER (with `answer`) or DECLINE for a QUESTION. `digest` is the digest of the approval that the person was shown; if it has changed since, the answer is `StaleDigest`.
   *
   * Problems: `WrongDecision`, `AlreadyDecided`, `ApprovalExpired`, `StaleDigest`, `RunNotActive`, `RevisionConflict`,
   * `NotFound`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async decide(
    approvalId: string,
    fields: t.Fields<g.DecideApprovalInput, 'approvalId'>,
  ): Promise<t.DecideApprovalResult> {
    return this.#requests.mutate(g.DecideApprovalDocument, { ...fields, approvalId })
  }

  /**
   * Withdraws a PERMISSION or a QUESTION that the agent no longer asks. For the run's owner or its agent.
   *
   * Problems: `AlreadyDecided`, `RunNotActive`, `LeaseLost`, `RevisionConflict`, `NotFound`, `IdempotencyMismatch`,
   * `InvalidInput`, `Forbidden`.
   */
  async withdraw(
    approvalId: string,
    fields: t.Fields<g.WithdrawApprovalInput, 'approvalId'> = {},
  ): Promise<t.WithdrawApprovalResult> {
    return this.#requests.mutate(g.WithdrawApprovalDocument, { ...fields, approvalId })
  }

  /**
   * Waits until an approval is decided, expired or VOID, by the log of its run, and returns it as it is then; null if
   * the id is unknown. Reconnects automatically.
   */
  async wait(approvalId: string, options: StreamOptions = {}): Promise<t.ApprovalDetail | null> {
    const { signal } = options
    const asked = await this.get(approvalId, { signal })
    if (asked?.status !== 'PENDING') return asked
    const { id, revision: after } = asked.run
    for await (const event of readEvents(this.#streams, id, { ...options, after }))
      if (endsApproval(event, approvalId)) break
    signal?.throwIfAborted()
    return this.get(approvalId, { signal })
  }

  /** The approval with the files of its phase, or null if the id is unknown. */
  async get(approvalId: string, options?: CallOptions): Promise<t.ApprovalDetail | null> {
    const node = await this.#requests.query(g.ApprovalDocument, { ...options, id: approvalId })
    return asType(node, 'Approval')
  }

  /**
   * One page of approvals.
   *
   * @throws PawlFault `RUN_NOT_FOUND`.
   */
  async list(fields: ListApprovalsFields = {}): Promise<t.Page<t.Approval>> {
    const { runId, filter, ...page } = fields
    if (runId === undefined) return this.#requests.query(g.ApprovalsDocument, { ...page, filter })
    const run = await this.#requests.query(g.RunApprovalsDocument, { ...page, runId })
    return requireRun(runId, run).approvals
  }
}

/** Whether the event ends an approval: it names it, or is a settling that made it VOID. */
function endsApproval({ type, payload }: t.RunEvent, approvalId: string): boolean {
  const { id, closed } = payload as {
    readonly id?: unknown
    readonly closed?: { readonly approvals: string[] }
  }
  if (type === 'APPROVAL_DECIDED' || type === 'APPROVAL_EXPIRED' || type === 'APPROVAL_WITHDRAWN')
    return id === approvalId
  return closed?.approvals.includes(approvalId) ?? false
}

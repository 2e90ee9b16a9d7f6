import * as g from '../generated/graphql.ts'
import { requireRun, toPage } from '../request/pages.ts'
import type { CallOptions, Requests } from '../request/request.ts'
import type * as t from '../request/types.ts'

/** Which approvals to list: those of one run, or those of all runs that match the filter. */
export type ListApprovalsFields = t.PageFields &
  CallOptions &
  (
    | { readonly runId: string; readonly filter?: undefined }
    | { readonly runId?: undefined; readonly filter?: g.ApprovalFilter | undefined }
  )

/** Approvals: questions that only a person may answer. */
export class Approvals {
  readonly #requests: Requests

  constructor(requests: Requests) {
    this.#requests = requests
  }

  /**
   * Asks a person for a decision about the current phase or the whole run; the run waits for it. For the run's owner.
   *
   * Problems: `IllegalTransition`, `NotCompletable`, `RunNotActive`, `UnknownPhase`, `LeaseLost`,
   * `IdempotencyMismatch`, `RunNotFound`, `InvalidInput`, `Forbidden`.
   */
  async request(
    runId: string,
    fields: t.Fields<g.RequestApprovalInput, 'runId'>,
  ): Promise<t.RequestApprovalResult> {
    return (await this.#requests.mutate(g.RequestApprovalDocument, { ...fields, runId })).requestApproval
  }

  /**
   * Decides an approval, finally: APPROVE or REJECT for a REVIEW, RETRY or ABORT for a RECOVERY. `digest` is the digest
   * of the approval that the person was shown; if it has changed since, the answer is `StaleDigest`.
   *
   * Problems: `WrongDecision`, `AlreadyDecided`, `ApprovalExpired`, `StaleDigest`, `ApprovalNotFound`, `RunNotActive`,
   * `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async decide(
    approvalId: string,
    fields: t.Fields<g.DecideApprovalInput, 'approvalId'>,
  ): Promise<t.DecideApprovalResult> {
    return (await this.#requests.mutate(g.DecideApprovalDocument, { ...fields, approvalId })).decideApproval
  }

  /** The approval with the files of its phase, or null if the id is unknown. */
  async get(approvalId: string, options?: CallOptions): Promise<t.ApprovalDetail | null> {
    const { node } = await this.#requests.query(g.ApprovalDocument, { id: approvalId }, options)
    return node?.__typename === 'Approval' ? node : null
  }

  /**
   * One page of approvals.
   *
   * @throws PawlFault `RUN_NOT_FOUND`.
   */
  async list(fields: ListApprovalsFields = {}): Promise<t.Page<t.Approval>> {
    const { signal, retry, runId, filter, ...page } = fields
    const options = { signal, retry }
    if (runId === undefined)
      return toPage((await this.#requests.query(g.ApprovalsDocument, { filter, ...page }, options)).approvals)
    const { run } = await this.#requests.query(g.RunApprovalsDocument, { runId, ...page }, options)
    return toPage(requireRun(runId, run).approvals)
  }
}

import * as g from '../generated/graphql.ts'
import { requireRun } from '../request/pages.ts'
import type { CallOptions, Requests } from '../request/request.ts'
import type * as t from '../request/types.ts'

/**
 * Phases of a run. Only the run's owner may send the commands: they carry the lease's `fence`, which an AGENT token may
 * omit.
 */
export class Phases {
  readonly #requests: Requests

  constructor(requests: Requests) {
    this.#requests = requests
  }

  /**
   * The phases of a round, in the order of the workflow. Default: the current round.
   *
   * @throws PawlFault `RUN_NOT_FOUND`.
   */
  async list(
    runId: string,
    { round, ...options }: { readonly round?: number | undefined } & CallOptions = {},
  ): Promise<t.Phase[]> {
    const run = await this.#requests.query(g.PhasesDocument, { ...options, runId, round })
    return requireRun(runId, run).phases
  }

  /**
   * Starts the current phase, or restarts it after a failed attempt; `isRepair: true` starts another attempt of one in
   * progress.
   *
   * Problems: `IllegalTransition`, `UnknownPhase`, `RunNotActive`, `LeaseLost`, `RevisionConflict`, `NotFound`,
   * `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async start(
    runId: string,
    phase: string,
    fields: t.Fields<g.StartPhaseInput, 'runId' | 'phase'> = {},
  ): Promise<t.StartPhaseResult> {
    return this.#requests.mutate(g.StartPhaseDocument, { ...fields, runId, phase })
  }

  /**
   * Moves from the current, completed phase to one of its successors.
   *
   * Problems: `IllegalTransition`, `UnknownPhase`, `NotCompletable`, `RunNotActive`, `LeaseLost`, `RevisionConflict`,
   * `NotFound`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async advance(
    runId: string,
    to: string,
    fields: t.Fields<g.AdvancePhaseInput, 'runId' | 'to'> = {},
  ): Promise<t.AdvancePhaseResult> {
    return this.#requests.mutate(g.AdvancePhaseDocument, { ...fields, runId, to })
  }

  /**
   * Ends the current phase's attempt as FAILED. The run continues, or with `recovery` waits as PAUSED for a person's
   * decision.
   *
   * Problems: `IllegalTransition`, `UnknownPhase`, `RunNotActive`, `LeaseLost`, `RevisionConflict`, `NotFound`,
   * `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async fail(
    runId: string,
    phase: string,
    fields: t.Fields<g.FailPhaseInput, 'runId' | 'phase'>,
  ): Promise<t.FailPhaseResult> {
    return this.#requests.mutate(g.FailPhaseDocument, { ...fields, runId, phase })
  }
}

/** Rounds: passes through the phase graph. */
export class Rounds {
  readonly #requests: Requests

  constructor(requests: Requests) {
    this.#requests = requests
  }

  /**
   * Completes the current round; repeating the call answers `hasChanged: false`.
   *
   * Problems: `IllegalTransition`, `NotCompletable`, `RunNotActive`, `LeaseLost`, `RevisionConflict`, `NotFound`,
   * `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async complete(
    runId: string,
    fields: t.Fields<g.CompleteRoundInput, 'runId'> = {},
  ): Promise<t.CompleteRoundResult> {
    return this.#requests.mutate(g.CompleteRoundDocument, { ...fields, runId })
  }
}

import * as g from '../generated/graphql.ts'
import { requireRun } from '../request/pages.ts'
import type { CallOptions, Requests } from '../request/request.ts'
import type * as t from '../request/types.ts'

/** Phases of a run. The commands are its owner's: they carry the lease's `fence`, which an AGENT token may leave out. */
export class Phases {
  readonly #requests: Requests

  constructor(requests: Requests) {
    this.#requests = requests
  }

  /**
   * The phases of a round, in the order of the workflow; without `round`, of the present one.
   *
   * @throws PawlFault `RUN_NOT_FOUND`.
   */
  async list(
    runId: string,
    { round, ...options }: { readonly round?: number | undefined } & CallOptions = {},
  ): Promise<t.Phase[]> {
    const { run } = await this.#requests.query(g.PhasesDocument, { runId, round }, options)
    return requireRun(runId, run).phases
  }

  /**
   * Starts the current phase, once more where it had failed; `repair: true` asks for another attempt of one under way.
   *
   * Problems: `IllegalTransition`, `UnknownPhase`, `RunNotActive`, `LeaseLost`, `RunNotFound`, `IdempotencyMismatch`,
   * `InvalidInput`, `Forbidden`.
   */
  async start(
    runId: string,
    phase: string,
    fields: t.Fields<g.StartPhaseInput, 'runId' | 'phase'> = {},
  ): Promise<t.StartPhaseResult> {
    return (await this.#requests.mutate(g.StartPhaseDocument, { ...fields, runId, phase })).startPhase
  }

  /**
   * Leaves the current phase, completed, for one that may follow it.
   *
   * Problems: `IllegalTransition`, `UnknownPhase`, `NotCompletable`, `RunNotActive`, `LeaseLost`, `RevisionConflict`,
   * `RunNotFound`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async advance(
    runId: string,
    to: string,
    fields: t.Fields<g.AdvancePhaseInput, 'runId' | 'to'> = {},
  ): Promise<t.AdvancePhaseResult> {
    return (await this.#requests.mutate(g.AdvancePhaseDocument, { ...fields, runId, to })).advancePhase
  }

  /**
   * Ends the current phase's attempt as FAILED; the run goes on, or with `recovery` waits PAUSED for a person's decision.
   *
   * Problems: `IllegalTransition`, `UnknownPhase`, `RunNotActive`, `LeaseLost`, `RunNotFound`, `IdempotencyMismatch`,
   * `InvalidInput`, `Forbidden`.
   */
  async fail(
    runId: string,
    phase: string,
    fields: t.Fields<g.FailPhaseInput, 'runId' | 'phase'>,
  ): Promise<t.FailPhaseResult> {
    return (await this.#requests.mutate(g.FailPhaseDocument, { ...fields, runId, phase })).failPhase
  }
}

/** Rounds: passes through the phase graph. */
export class Rounds {
  readonly #requests: Requests

  constructor(requests: Requests) {
    this.#requests = requests
  }

  /**
   * Completes the current round; again, it answers `changed: false`.
   *
   * Problems: `IllegalTransition`, `NotCompletable`, `RunNotActive`, `LeaseLost`, `RunNotFound`, `IdempotencyMismatch`,
   * `InvalidInput`, `Forbidden`.
   */
  async complete(
    runId: string,
    fields: t.Fields<g.CompleteRoundInput, 'runId'> = {},
  ): Promise<t.CompleteRoundResult> {
    return (await this.#requests.mutate(g.CompleteRoundDocument, { ...fields, runId })).completeRound
  }
}

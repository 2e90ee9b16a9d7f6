import * as g from '../generated/graphql.ts'
import type { CallOptions, Requests } from '../request/request.ts'
import type * as t from '../request/types.ts'

/** Executions: operating-system processes launched for a run, or without one. */
export class Executions {
  readonly #requests: Requests

  constructor(requests: Requests) {
    this.#requests = requests
  }

  /**
   * Records that a process starts. Pass the execution's id to the process as `PAWL_EXECUTION_ID`.
   *
   * Problems: `RunNotActive`, `UnknownPhase`, `LeaseLost`, `RevisionConflict`, `IdempotencyMismatch`, `NotFound`,
   * `InvalidInput`, `Forbidden`.
   */
  async start(fields: t.Fields<g.StartExecutionInput>): Promise<t.StartExecutionResult> {
    return this.#requests.mutate(g.StartExecutionDocument, fields)
  }

  /**
   * Records how a process ended, and answers with the derived outcome. Allowed after the run has settled, too. `signal`
   * is the name of the signal that ended the process, such as `SIGKILL`; the call's own abort signal goes in `options`.
   *
   * Problems: `ExecutionAlreadyFinished`, `RevisionConflict`, `NotFound`, `IdempotencyMismatch`, `InvalidInput`,
   * `Forbidden`.
   */
  async finish(
    executionId: string,
    fields: Omit<g.FinishExecutionInput, 'executionId'> = {},
    options: CallOptions = {},
  ): Promise<t.FinishExecutionResult> {
    const input = { ...fields, executionId }
    return this.#requests.mutateWith(g.FinishExecutionDocument, input, options)
  }

  /**
   * Heartbeat of an execution without a run; call it about once a minute. After a day without one the execution ends as
   * SUPERVISOR_LOST. An execution of a run needs none: the run's lease covers it.
   *
   * Problems: `ExecutionAlreadyFinished`, `NotFound`, `InvalidInput`, `Forbidden`.
   */
  async touch(executionId: string, options?: CallOptions): Promise<t.TouchExecutionResult> {
    return this.#requests.queryWith(g.TouchExecutionDocument, { ...options, executionId })
  }

  /** One page of executions. */
  async list(
    fields: { filter?: g.ExecutionFilter | undefined } & t.PageFields & CallOptions = {},
  ): Promise<t.Page<t.Execution>> {
    return this.#requests.query(g.ExecutionsDocument, fields)
  }
}

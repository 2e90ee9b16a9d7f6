import * as g from '../generated/graphql.ts'
import { toPage } from '../request/pages.ts'
import type { CallOptions, Requests } from '../request/request.ts'
import type * as t from '../request/types.ts'

/** Executions: operating-system processes launched for a run, or for none. */
export class Executions {
  readonly #requests: Requests

  constructor(requests: Requests) {
    this.#requests = requests
  }

  /**
   * Records that a process starts; its id goes to the process as `PAWL_EXECUTION_ID`.
   *
   * Problems: `RunNotActive`, `UnknownPhase`, `LeaseLost`, `IdempotencyMismatch`, `RunNotFound`, `InvalidInput`, `Forbidden`.
   */
  async start(fields: t.Fields<g.StartExecutionInput>): Promise<t.StartExecutionResult> {
    return (await this.#requests.mutate(g.StartExecutionDocument, fields)).startExecution
  }

  /**
   * Records how a process ended, and answers with the outcome that follows. Legal after the run has settled, too. `signal` is
   * the name of the signal that ended it, as `SIGKILL`; what ends the call itself stands in `options`.
   *
   * Problems: `ExecutionAlreadyFinished`, `ExecutionNotFound`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async finish(
    executionId: string,
    fields: Omit<g.FinishExecutionInput, 'executionId'> = {},
    options: CallOptions = {},
  ): Promise<t.FinishExecutionResult> {
    const input = { ...fields, executionId }
    return (await this.#requests.mutateWith(g.FinishExecutionDocument, input, options)).finishExecution
  }

  /**
   * Says that an execution of no run is still supervised, once a minute or so: silent for a day, it ends SUPERVISOR_LOST. Its run's
   * lease says so for one of a run.
   *
   * Problems: `ExecutionAlreadyFinished`, `ExecutionNotFound`, `InvalidInput`, `Forbidden`.
   */
  async touch(executionId: string, { signal, retry }: CallOptions = {}): Promise<t.TouchExecutionResult> {
    const input = { executionId }
    return (await this.#requests.query(g.TouchExecutionDocument, { input }, { signal, retry })).touchExecution
  }

  /** One page of executions. */
  async list({
    signal,
    retry,
    ...fields
  }: { filter?: g.ExecutionFilter | undefined } & t.PageFields & CallOptions = {}): Promise<
    t.Page<t.Execution>
  > {
    return toPage((await this.#requests.query(g.ExecutionsDocument, fields, { signal, retry })).executions)
  }
}

import * as g from '../generated/graphql.ts'
import type { WorkflowDefinition } from '../generated/workflow.ts'
import type { JsonValue } from '../kit/json.ts'
import { requireRun } from '../request/pages.ts'
import type { CallOptions, Requests } from '../request/request.ts'
import type * as t from '../request/types.ts'

/** Workflows: named, versioned, immutable definitions of phases. */
export class Workflows {
  readonly #requests: Requests

  constructor(requests: Requests) {
    this.#requests = requests
  }

  /**
   * Registers a definition; an identical one that already exists answers `hasChanged: false`. It belongs to the given
   * project, otherwise to the only project that the token is limited to. With a token that is not limited to projects
   * it belongs to the installation, and every project may start it.
   *
   * Problems: `WorkflowMismatch`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async register(
    definition: WorkflowDefinition | JsonValue,
    fields: t.Fields<g.RegisterWorkflowInput, 'definition'> = {},
  ): Promise<t.RegisterWorkflowResult> {
    return this.#requests.mutate(g.RegisterWorkflowDocument, { ...fields, definition })
  }

  /**
   * The workflow that a run of the project would be started from: the project's own workflow of this name, otherwise
   * the installation's; the latest version by default. Null if none exists.
   */
  async get(
    name: string,
    {
      version,
      project,
      ...options
    }: { version?: number | undefined; project?: string | undefined } & CallOptions = {},
  ): Promise<t.WorkflowDetail | null> {
    return this.#requests.query(g.WorkflowDocument, { ...options, name, version, project })
  }

  /**
   * The workflow version that a run was started with; an agent may read that of its own run.
   *
   * @throws PawlFault `RUN_NOT_FOUND`.
   */
  async ofRun(runId: string, options?: CallOptions): Promise<t.WorkflowDetail> {
    const run = await this.#requests.query(g.RunWorkflowDocument, { ...options, runId })
    return requireRun(runId, run).workflow
  }

  /** One page of the workflows that the token's projects may start. */
  async list(fields: t.PageFields & CallOptions = {}): Promise<t.Page<t.Workflow>> {
    return this.#requests.query(g.WorkflowsDocument, fields)
  }
}

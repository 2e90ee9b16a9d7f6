import * as g from './generated/graphql.ts'
import type { WorkflowDefinition } from './generated/workflow.ts'
import type { JsonValue } from './json.ts'
import { below, toPage } from './pages.ts'
import type { CallOptions, Requests } from './request.ts'
import type * as t from './types.ts'

/** Workflows: named, versioned, immutable definitions of phases. */
export class Workflows {
  readonly #requests: Requests

  constructor(requests: Requests) {
    this.#requests = requests
  }

  /** Registers a definition; one that is there already, unchanged, answers `changed: false`. */
  async register(
    definition: WorkflowDefinition | JsonValue,
    options?: CallOptions,
  ): Promise<t.RegisterWorkflowResult> {
    const input = { definition: definition }
    return (await this.#requests.ask(g.RegisterWorkflowDocument, { input }, options)).registerWorkflow
  }

  /** The given version of a workflow, the latest without one; null where there is none. */
  async get(
    name: string,
    { version, ...options }: { version?: number | undefined } & CallOptions = {},
  ): Promise<t.WorkflowDetail | null> {
    return (await this.#requests.ask(g.WorkflowDocument, { name, version }, options)).workflow
  }

  /**
   * The very version that a run was started with; an agent may ask for that of its own run.
   *
   * @throws PawlFault `RUN_NOT_FOUND`.
   */
  async ofRun(runId: string, options?: CallOptions): Promise<t.WorkflowDetail> {
    const { run } = await this.#requests.ask(g.RunWorkflowDocument, { runId }, options)
    return below(runId, run).workflow
  }

  /** One page of workflows. */
  async list({ signal, retry, ...fields }: t.PageFields & CallOptions = {}): Promise<t.Page<t.Workflow>> {
    return toPage((await this.#requests.ask(g.WorkflowsDocument, fields, { signal, retry })).workflows)
  }
}

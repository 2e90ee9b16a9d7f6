import type { OwnedRun } from '@pawl/sdk'
import type { DeclaredWorkflow } from '../run/declared.ts'
import { OpenAgents } from './openAgents.ts'
import { RunContext } from '../run/runContext.ts'
import type { WorkerTools } from '../run/runContext.ts'
import { Steering } from './steering.ts'
import { openRunWorkspace } from '../run/workspace.ts'
import type { RunWorkspace } from '../run/workspace.ts'

/** One held run, and all that is open for it. */
export class RunWithAgents extends RunContext {
  readonly agents: OpenAgents
  readonly steering: Steering
  #workspace: Promise<RunWorkspace> | undefined

  constructor(tools: WorkerTools, owned: OwnedRun, workflow: DeclaredWorkflow) {
    super(tools, owned, workflow)
    this.agents = new OpenAgents(this, () => this.workspace())
    this.steering = new Steering(this)
  }

  /** The run's workspace, opened when it is first needed. */
  workspace(): Promise<RunWorkspace> {
    this.#workspace ??= this.#openWorkspace()
    return this.#workspace
  }

  /** Lets go of everything that is not an agent. */
  override async end(): Promise<void> {
    await super.end()
    const workspace = await this.#workspace?.catch(() => undefined)
    workspace?.close()
  }

  async #openWorkspace(): Promise<RunWorkspace> {
    const workspace = await openRunWorkspace(this)
    await this.step('workspace-opened')
    return workspace
  }
}

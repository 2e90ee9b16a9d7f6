import type { OwnedRun } from '@pawl/sdk'
import { readTree } from '../../workspaces/change/diffWorkspace.ts'
import { isWorktree } from '../../workspaces/kit/workspace.ts'
import { WorkspaceError } from '../../workspaces/kit/workspaceError.ts'
import type { DeclaredWorkflow } from '../run/declared.ts'
import { OpenAgents } from './openAgents.ts'
import { RunContext } from '../run/runContext.ts'
import type { WorkerTools } from '../run/runContext.ts'
import { Steering } from './steering.ts'
import { openRunWorkspace } from '../run/workspace.ts'
import type { RunWorkspace } from '../run/workspace.ts'

/** An owned run with its agents, steering and workspace. */
export class RunWithAgents extends RunContext {
  readonly agents: OpenAgents
  readonly steering: Steering
  #workspace: Promise<RunWorkspace> | undefined

  constructor(tools: WorkerTools, owned: OwnedRun, workflow: DeclaredWorkflow) {
    super(tools, owned, workflow)
    this.agents = new OpenAgents(this, () => this.workspace())
    this.steering = new Steering(this)
  }

  /** Returns the run's workspace, opened on first use. */
  workspace(): Promise<RunWorkspace> {
    this.#workspace ??= this.#openWorkspace()
    return this.#workspace
  }

  /**
   * Returns the git tree of the run's worktree as it is now: what a question is about. Null in a directory that is no worktree, and where
   * git can't read it: whoever asks for a diff is told why.
   */
  async readTree(): Promise<string | null> {
    const workspace = await this.workspace()
    if (!isWorktree(workspace)) return null
    const { signal } = this.owned
    try {
      return await readTree(workspace, signal)
    } catch (error) {
      if (error instanceof WorkspaceError || signal.aborted) return null
      throw error
    }
  }

  /** Ends the context and releases the workspace. The agents are closed separately. */
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

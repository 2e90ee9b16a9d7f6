import { checkProject } from '../../commands/kit/authorize.ts'
import { onlyRunOf } from '../../commands/kit/context.ts'
import type { LoadedWorkspace } from '../../store/workspace/loadedWorkspace.ts'
import type { GraphContext } from '../request/context.ts'
import { failWith, throwRefused } from '../request/errors.ts'

/**
 * Returns the workspace if the caller may see it; an agent or a page may see that of its own run.
 *
 * @throws FORBIDDEN if it may not
 */
export async function assertWorkspaceVisible<T extends LoadedWorkspace | null>(
  loaded: T,
  { caller, reads }: Pick<GraphContext, 'caller' | 'reads'>,
): Promise<T> {
  if (!loaded) return loaded
  const runId = onlyRunOf(caller)
  if (runId === null) throwRefused(checkProject(caller, loaded.workspace.project))
  else {
    const own = await reads.workspaceOfRun.load(runId)
    if (own?.workspace.id !== loaded.workspace.id)
      throw failWith('FORBIDDEN', `This token sees ${runId} and its workspace, and nothing else.`)
  }
  return loaded
}

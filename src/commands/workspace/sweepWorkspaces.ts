import { MAX_ATTEMPTS } from '../../lifecycle/workspace/decideWorkspace.ts'
import { findDueWorkspaces } from '../../store/workspace/findDueWorkspaces.ts'
import { changeWorkspace } from './changeWorkspace.ts'
import { type Commands, SYSTEM } from '../kit/context.ts'

/** Maximum number of workspaces per sweep; the next sweep follows within seconds. */
const MAX_WORKSPACES = 1000

/** Ends operations that were not started or not finished in time. Errors are added to `failures`. */
export async function sweepWorkspaces(commands: Commands, failures: unknown[]): Promise<void> {
  const ids = await findDueWorkspaces(commands.store.pool, MAX_WORKSPACES, MAX_ATTEMPTS)
  for (const workspaceId of ids) {
    try {
      const command = { type: 'sweep' } as const
      await changeWorkspace(commands, SYSTEM, { workspaceId, command, request: null })
    } catch (error) {
      failures.push(error)
    }
  }
}

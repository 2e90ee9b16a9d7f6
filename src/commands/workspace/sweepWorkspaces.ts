import { MAX_ATTEMPTS } from '../../lifecycle/workspace/decideWorkspace.ts'
import { findDueWorkspaces } from '../../store/workspace/findDueWorkspaces.ts'
import { changeWorkspace } from './changeWorkspace.ts'
import { type Commands, SYSTEM } from '../kit/context.ts'

/** How many workspaces one sweep looks at; the next one comes within seconds. */
const MAX_WORKSPACES = 1000

/** Ends what nobody took up in time, and what no worker came to an end of. What fails is added to `failures`. */
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

import { statSync } from 'node:fs'
import { whyUnstartable } from '../../processes/findCommand.ts'
import { AgentError } from './adapter.ts'
import type { AgentContext } from './adapter.ts'

/** The environment that an agent is started with. */
export function environmentOf({ env, definition, sessionId }: AgentContext): NodeJS.ProcessEnv {
  const { PAWL_EXECUTION_ID: _outer, ...rest } = { ...env, ...definition.env }
  return { ...rest, PAWL_SESSION_ID: sessionId }
}

/** @throws AgentError where the command is not there, or its workspace is not. */
export function checkCommand(command: readonly string[], env: NodeJS.ProcessEnv, workspace: string): void {
  if (!statSync(workspace, { throwIfNoEntry: false })?.isDirectory())
    throw new AgentError(
      'HUMAN_REQUIRED',
      'WORKSPACE_MISSING',
      `the workspace ${workspace} is not there`,
      'Restore the folder, then decide for a retry.',
    )
  const why = whyUnstartable(command[0] ?? '', env, workspace)
  if (why)
    throw new AgentError(
      'HUMAN_REQUIRED',
      'AGENT_NOT_FOUND',
      why.message,
      'Install the agent where the worker runs, or correct its definition, then decide for a retry.',
    )
}

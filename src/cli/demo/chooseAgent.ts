import { findCommand } from '../../processes/findCommand.ts'
import { UsageError } from '../kit/exitCodes.ts'

/** An agent that a person named. */
export interface ChosenAgent {
  /** Of its preset. */
  readonly name: string
  /** How a worker starts it. */
  readonly definition: object
}

/**
 * What it may do over ACP without asking: it works in a worktree of a repository that was made for it, as the other presets' agents do.
 */
const PERMISSIONS = { edit: 'allow', execute: 'allow', fetch: 'deny', mcp: 'allow', other: 'deny' }

/** The agent of this preset. @throws UsageError where there is none, or its program is not installed */
export async function chooseAgent(name: string): Promise<ChosenAgent> {
  const { listNamedAgents } = await import('../../worker/config/namedAgents.ts')
  // an agent in a terminal outlives its worker, which is not what is shown
  const presets = listNamedAgents({ agents: {} }).filter(({ definition }) => definition.adapter !== 'tmux')
  const isInstalled = ({ definition }: (typeof presets)[number]) =>
    findCommand(definition.command[0] ?? '', process.env) !== null
  const named = presets.find((preset) => preset.name === name)
  if (!named)
    throw new UsageError(
      `there is no agent ${name} (known: ${presets.map((preset) => preset.name).join(', ')})`,
    )
  const { adapter, command } = named.definition
  if (!isInstalled(named)) {
    const installed = presets.filter(isInstalled).map((preset) => preset.name)
    throw new UsageError(
      `${name} is not installed: there is no ${command[0]} on the PATH ` +
        `(installed: ${installed.join(', ') || 'none of the agents that are known'})`,
    )
  }
  return { name, definition: { preset: name, ...(adapter === 'acp' && { permissions: PERMISSIONS }) } }
}

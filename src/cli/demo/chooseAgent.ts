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
  const { PRESETS } = await import('../../adapters/presets.ts')
  // an agent in a terminal outlives its worker, which is not what is shown
  const presets = Object.entries(PRESETS).filter(([, { adapter }]) => adapter !== 'tmux')
  const isInstalled = ({ command }: { readonly command: readonly [string, ...string[]] }) =>
    findCommand(command[0], process.env) !== null
  const preset = presets.find(([known]) => known === name)?.[1]
  if (!preset)
    throw new UsageError(`there is no agent ${name} (known: ${presets.map(([known]) => known).join(', ')})`)
  if (!isInstalled(preset)) {
    const installed = presets.filter(([, each]) => isInstalled(each)).map(([known]) => known)
    throw new UsageError(
      `${name} is not installed: there is no ${preset.command[0]} on the PATH ` +
        `(installed: ${installed.join(', ') || 'none of the agents that are known'})`,
    )
  }
  return {
    name,
    definition: { preset: name, ...(preset.adapter === 'acp' && { permissions: PERMISSIONS }) },
  }
}

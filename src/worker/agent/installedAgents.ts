import type { WorkerAgentInput } from '@pawl/sdk'
import { describeOther, findInstalledAgent } from '../../adapters/agentVersions.ts'
import type { InstalledAgent } from '../../adapters/agentVersions.ts'
import type { AgentDefinition } from '../../adapters/kit/agentDefinition.ts'
import { inheritEnvironment } from '../../processes/inheritEnvironment.ts'
import type { WorkerNews } from '../run/news.ts'

/** What is installed of an agent, in the environment that it will have; null where its program is not there. */
export function findInstalled(
  { command, env, passEnv }: AgentDefinition,
  config: { readonly passEnv: readonly string[] },
  variables: NodeJS.ProcessEnv,
): Promise<InstalledAgent | null> {
  return findInstalledAgent(command, {
    ...inheritEnvironment(variables, [...config.passEnv, ...passEnv]),
    ...env,
  })
}

/**
 * Reports the version of each known agent of a worker, and where it is another than the one that was tried. Returns what is
 * installed, by role.
 */
export async function reportInstalledAgents(
  config: { readonly passEnv: readonly string[]; readonly agents: Readonly<Record<string, AgentDefinition>> },
  variables: NodeJS.ProcessEnv,
  report: (news: WorkerNews) => void,
): Promise<ReadonlyMap<string, InstalledAgent>> {
  const found = new Map<string, InstalledAgent>()
  await Promise.all(
    Object.entries(config.agents).map(async ([role, definition]) => {
      const installed = await findInstalled(definition, config, variables)
      if (!installed) return
      found.set(role, installed)
      if (installed.tried === null) return
      const { program, version, tried } = installed
      report({ kind: 'agent-found', role, program, version, tried, remark: describeOther(installed) })
    }),
  )
  return found
}

/** The agents of a worker as it announces them. */
export function describeAgents(
  agents: Readonly<Record<string, AgentDefinition>>,
  installed: ReadonlyMap<string, InstalledAgent>,
): WorkerAgentInput[] {
  return Object.entries(agents).map(([role, { adapter }]) => {
    const { program, version } = installed.get(role) ?? {}
    return { role, adapter, program, version }
  })
}

import type { WorkerConfig } from '../../worker/config/config.ts'
import type { NamedAgent } from '../../worker/config/namedAgents.ts'
import { EXIT, UsageError } from '../kit/exitCodes.ts'
import type { CommonOptions } from '../kit/invocation.ts'

/** Options of commands about agents. */
export interface AgentsOptions extends CommonOptions {
  readonly config?: string
}

/** What `--config` says. */
export const CONFIG_OPTION = [
  '--config <file>',
  'settings of a worker (default: pawl.worker.yaml, .yml or .json here)',
] as const

/** The agents that can be named here: those of the worker's settings, and the presets. @throws UsageError */
export async function readAgents(
  options: AgentsOptions,
): Promise<{ readonly config: WorkerConfig; readonly agents: readonly NamedAgent[] }> {
  const [{ ConfigError }, { loadConfig }, { listNamedAgents }] = await Promise.all([
    import('../../configFile.ts'),
    import('../../worker/config/loadConfig.ts'),
    import('../../worker/config/namedAgents.ts'),
  ])
  const config = await loadConfig({ file: options.config }).catch((error: unknown) => {
    if (!(error instanceof ConfigError)) throw error
    throw new UsageError(error.message, EXIT.usage)
  })
  return { config, agents: listNamedAgents(config) }
}

import { agentDefinitionSchema } from '../../adapters/kit/agentDefinition.ts'
import type { AgentDefinition } from '../../adapters/kit/agentDefinition.ts'
import { PRESETS } from '../../adapters/presets.ts'
import type { WorkerConfig } from './config.ts'

/** An agent that can be named: one of a worker's roles, or a preset. */
export interface NamedAgent {
  readonly name: string
  readonly isPreset: boolean
  readonly definition: AgentDefinition
}

/** The agents of a worker by role, and then the presets. */
export function listNamedAgents({ agents }: Pick<WorkerConfig, 'agents'>): NamedAgent[] {
  return [
    ...Object.entries(agents).map(([name, definition]) => ({ name, isPreset: false, definition })),
    ...Object.entries(PRESETS).map(([name, preset]) => ({
      name,
      isPreset: true,
      definition: agentDefinitionSchema.parse(preset),
    })),
  ]
}

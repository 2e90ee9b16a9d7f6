import { AgentError } from '../adapters/adapter.ts'
import type { Adapter } from '../adapters/adapter.ts'
import type { AgentDefinition } from '../adapters/agentDefinition.ts'
import { processAdapter } from '../adapters/process/processAdapter.ts'

/** How agents of each kind are reached. */
const ADAPTERS: Readonly<Partial<Record<AgentDefinition['adapter'], Adapter>>> = {
  process: processAdapter,
}

/**
 * The adapter that a definition names.
 *
 * @throws AgentError where this worker has none of that name
 */
export function adapterOf({ adapter }: AgentDefinition): Adapter {
  const found = ADAPTERS[adapter]
  if (found) return found
  throw new AgentError(
    'HUMAN_REQUIRED',
    'NO_ADAPTER',
    `There is no adapter ${adapter} here`,
    'Configure another one.',
  )
}

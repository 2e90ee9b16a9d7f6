import { acpAdapter } from '../../adapters/acp/acpAdapter.ts'
import type { Adapter } from '../../adapters/kit/adapter.ts'
import type { AgentDefinition } from '../../adapters/kit/agentDefinition.ts'
import { processAdapter } from '../../adapters/process/processAdapter.ts'
import { scriptedAdapter } from '../../adapters/scripted/scriptedAdapter.ts'
import { tmuxAdapter } from '../../adapters/tmux/tmuxAdapter.ts'

/** The adapter for each `adapter` setting. */
export const ADAPTERS: Readonly<Record<AgentDefinition['adapter'], Adapter>> = {
  acp: acpAdapter,
  process: processAdapter,
  tmux: tmuxAdapter,
  scripted: scriptedAdapter,
}

import { AgentError } from './adapter.ts'

/** Processes of an agent live on that have to be gone before another one may begin: nothing here can end them. */
export function agentSurvives(whose = 'the agent'): AgentError {
  return new AgentError(
    'HUMAN_REQUIRED',
    'AGENT_SURVIVES',
    `processes of ${whose} could not be ended`,
    'End them on the machine, then decide for a retry.',
  )
}

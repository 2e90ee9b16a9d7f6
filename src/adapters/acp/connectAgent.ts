import { client, methods, PROTOCOL_VERSION } from '@agentclientprotocol/sdk'
import type { ClientConnection, RequestPermissionResponse, Stream } from '@agentclientprotocol/sdk'
import { AgentError } from '../kit/adapter.ts'
import { answerOf } from './answers.ts'
import type { AnswerLimits } from './answers.ts'
import { initializedSchema, permissionSchema } from './messages.ts'
import type { Initialized, PermissionMessage } from './messages.ts'

/** Answers an agent that asks for a permission; the signal aborts where it asks no more. */
export type OnPermission = (
  asked: PermissionMessage,
  signal: AbortSignal,
) => Promise<RequestPermissionResponse>

/**
 * Connects to an agent as a client that offers no files and no terminals of its own: the agent has those of its machine. Any other
 * request of its is refused by the library.
 */
export function connectAgent(stream: Stream, onPermission: OnPermission): ClientConnection {
  return client({ name: 'pawl' })
    .onRequest(methods.client.session.requestPermission, permissionSchema, ({ params, signal }) =>
      onPermission(params, signal),
    )
    .connect(stream)
}

/** Has the agent introduce itself. @throws AgentError */
export async function initialize({ agent }: ClientConnection, limits: AnswerLimits): Promise<Initialized> {
  const answer = agent.request(methods.agent.initialize, {
    protocolVersion: PROTOCOL_VERSION,
    clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false },
    clientInfo: { name: 'pawl', version: '1' },
  })
  const initialized = await answerOf(answer, initializedSchema, methods.agent.initialize, limits)
  if (initialized.protocolVersion === PROTOCOL_VERSION) return initialized
  throw new AgentError(
    'HUMAN_REQUIRED',
    'AGENT_INCOMPATIBLE',
    `the agent speaks version ${initialized.protocolVersion} of the Agent Client Protocol, and not ${PROTOCOL_VERSION}`,
    'Install a version of the agent that speaks it, then decide for a retry.',
  )
}

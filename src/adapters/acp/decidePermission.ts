import type { RequestPermissionResponse } from '@agentclientprotocol/sdk'
import type { AgentPermissions } from '../kit/agentDefinition.ts'
import type { PermissionMessage } from './messages.ts'
import { permissionKindOf } from './permissionKind.ts'

/** What an agent is answered that asked for a permission. */
export interface PermissionAnswer {
  readonly isAllowed: boolean
  readonly response: RequestPermissionResponse
}

/** What the definition of an agent says to what it asks for. */
export function ruleFor(permissions: AgentPermissions, asked: PermissionMessage): 'allow' | 'deny' | 'ask' {
  return permissions[permissionKindOf(asked.toolCall, asked._meta)]
}

/**
 * Allows it this once. What allows it for longer is chosen never: agents keep that in settings of their user's. Where nothing else is
 * offered, it is denied.
 */
export function allowOnce(asked: PermissionMessage): PermissionAnswer {
  const once = asked.options.find(({ kind }) => kind === 'allow_once')
  return once ? { isAllowed: true, response: select(once.optionId) } : denyOnce(asked)
}

/** Denies it; without an option for that, the agent is told that the question is withdrawn. */
export function denyOnce({ options }: PermissionMessage): PermissionAnswer {
  const no = options.find(({ kind }) => kind === 'reject_once')
  return { isAllowed: false, response: no ? select(no.optionId) : WITHDRAWN }
}

/** What the protocol answers to a question of a turn that is over. */
export const WITHDRAWN: RequestPermissionResponse = { outcome: { outcome: 'cancelled' } }

function select(optionId: string): RequestPermissionResponse {
  return { outcome: { outcome: 'selected', optionId } }
}

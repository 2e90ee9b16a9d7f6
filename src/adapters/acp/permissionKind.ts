import type { AgentPermissions } from '../kit/agentDefinition.ts'
import type { ToolMessage } from './messages.ts'

/** What a permission is for, as a definition tells it. */
export type PermissionKind = keyof AgentPermissions

const KINDS: Readonly<Record<string, PermissionKind>> = {
  edit: 'edit',
  delete: 'edit',
  move: 'edit',
  execute: 'execute',
  fetch: 'fetch',
}

type Call = Pick<ToolMessage, 'kind' | 'name' | 'rawInput' | '_meta'>

/** What a call needs a permission for. Its title is the agent's own text, and decides nothing. */
export function permissionKindOf(call: Call, meta?: Readonly<Record<string, unknown>>): PermissionKind {
  if (meta?.['is_mcp_tool_approval'] === true || isMcpCall(call)) return 'mcp'
  const { kind } = call
  return (kind && Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined) ?? 'other'
}

/** Whether a call is of an MCP server's tool: agents mark it each in its own way. */
export function isMcpCall({ name, rawInput, _meta }: Call): boolean {
  if (_meta?.['is_mcp_tool_call'] === true || _meta?.['is_mcp_tool_approval'] === true) return true
  const claude = _meta?.['claudeCode']
  const named = [name, _meta?.['toolName'], isRecord(claude) ? claude['toolName'] : undefined]
  if (named.some((each) => typeof each === 'string' && each.startsWith('mcp__'))) return true
  return isRecord(rawInput) && typeof rawInput['server'] === 'string' && typeof rawInput['tool'] === 'string'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

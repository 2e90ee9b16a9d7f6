import { basename } from 'node:path'
import type { PermissionQuestion } from '../kit/adapter.ts'
import { composeText } from '../../text/composeText.ts'
import type { PermissionMessage } from './messages.ts'
import { permissionKindOf } from './permissionKind.ts'

/** The most of a title and of what is shown with it, in UTF-16 units. */
const MAX_TITLE = 500
const MAX_DETAIL = 8_000
/** The most of the name of a program or a path; a lasting permission is bound to no part of a longer one. */
const MAX_NAME = 1_000

const KINDS = { edit: 'EDIT', execute: 'EXECUTE', fetch: 'FETCH', mcp: 'MCP', other: 'OTHER' } as const

/**
 * What a person is asked. What a lasting permission is bound to comes from what the program will do, and never from its title, which is
 * text of the model's.
 */
export function describePermission({ toolCall, _meta }: PermissionMessage): PermissionQuestion {
  const kind = permissionKindOf(toolCall, _meta)
  const input = recordOf(toolCall.rawInput)
  const paths = new Set((toolCall.locations ?? []).map(({ path }) => path))
  const [path = null] = paths
  const title = toolCall.title || toolCall.kind || 'a tool'
  return {
    kind: KINDS[kind],
    title: composeText(title.split('\n')[0] ?? title, { max: MAX_TITLE }),
    program: nameOf(
      kind === 'mcp' ? toolOf(toolCall.name, input) : kind === 'execute' ? programOf(input['command']) : null,
    ),
    path: kind === 'edit' && paths.size === 1 ? nameOf(path) : null,
    detail: composeText(toolCall.rawInput === undefined ? title : JSON.stringify(toolCall.rawInput), {
      max: MAX_DETAIL,
      keep: 'BOTH',
    }),
  }
}

/** The program of a command that is one alone: of a line with more in it, no part is what the permission is for. */
function programOf(command: unknown): string | null {
  if (Array.isArray(command)) {
    const [word] = command as unknown[]
    return typeof word === 'string' ? basename(word) : null
  }
  if (typeof command !== 'string' || !/^[\w./@%+=:, -]+$/.test(command)) return null
  const word = command.trim().split(' ')[0] ?? ''
  return word === '' || word.includes('=') ? null : basename(word)
}

function toolOf(name: string | null | undefined, input: Readonly<Record<string, unknown>>): string | null {
  const { server, tool } = input
  if (typeof server === 'string' && typeof tool === 'string') return `${server}.${tool}`
  return name ?? null
}

function nameOf(text: string | null): string | null {
  return text !== null && text !== '' && text.length <= MAX_NAME ? composeText(text) : null
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

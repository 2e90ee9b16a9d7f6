import { composeHunk } from '../kit/composeHunk.ts'
import type { Entry, ToolKind } from '../kit/entry.ts'
import { textAt } from './eventReader.ts'
import type { Fields } from './eventReader.ts'

/** What the tools of agents do, by the names that they give them. */
const KINDS: readonly (readonly [name: RegExp, kind: ToolKind])[] = [
  [/^mcp_|^mcp$/i, 'MCP'],
  [/^(?:bash|shell|exec_command|run_shell_command|execute_command)$/i, 'EXECUTE'],
  [/^(?:write|write_file|edit|replace|multiedit|apply_patch|patch|notebookedit)$/i, 'EDIT'],
  [/^(?:read|read_file|read_many_files)$/i, 'READ'],
  [/^(?:grep|glob|ls|list|list_directory|search|search_file_content|grep_search|find)$/i, 'SEARCH'],
  [/^(?:webfetch|web_fetch|websearch|web_search|google_web_search)$/i, 'FETCH'],
]

/** The names by which tools take what they do, the most telling first. */
const TELLING = [
  'command',
  'cmd',
  'file_path',
  'filePath',
  'absolute_path',
  'path',
  'pattern',
  'query',
  'url',
]
const PATHS = ['file_path', 'filePath', 'absolute_path', 'path']
const CONTENTS = ['content', 'contents']

export function toolKindOf(name: string): ToolKind {
  return KINDS.find(([pattern]) => pattern.test(name))?.[1] ?? 'OTHER'
}

/** The entry of a call that begins. */
export function beginCall(key: string, name: string, input: Fields): Entry {
  const what = firstOf(input, TELLING)?.split('\n')[0]
  const path = firstOf(input, PATHS)
  return {
    kind: 'TOOL_CALL',
    key,
    title: what === undefined ? name : `${name}: ${what}`,
    toolKind: toolKindOf(name),
    status: 'IN_PROGRESS',
    ...(path !== undefined && { locations: [{ path }] }),
  }
}

/** The entry of a call's end. */
export function endCall(key: string, hasFailed: boolean, text: string): Entry {
  return {
    kind: 'TOOL_CALL',
    updates: key,
    status: hasFailed ? 'FAILED' : 'COMPLETED',
    ...(text !== '' && { text }),
  }
}

/** What a tool that writes or edits a file changes in it; undefined for any other. */
export function diffOf(name: string, input: Fields): Entry | undefined {
  const path = firstOf(input, PATHS)
  if (toolKindOf(name) !== 'EDIT' || path === undefined) return undefined
  const before = textAt(input, 'old_string') ?? textAt(input, 'oldString') ?? null
  const after = textAt(input, 'new_string') ?? textAt(input, 'newString') ?? firstOf(input, CONTENTS)
  if (after === undefined) return undefined
  const text = composeHunk(before, after)
  return text === '' ? undefined : { kind: 'DIFF', path, text }
}

function firstOf(input: Fields, names: readonly string[]): string | undefined {
  return names.map((name) => textAt(input, name)).find((value) => value !== undefined)
}

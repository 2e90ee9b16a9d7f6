import { composeHunk } from '../kit/composeHunk.ts'
import type { AgentOutput } from '../kit/adapter.ts'
import { composeWords } from './answers.ts'
import type { Diff, ToolKind, ToolStatus } from '../kit/entry.ts'
import { isMcpCall } from './permissionKind.ts'
import type { ToolMessage, Update } from './messages.ts'

const TOOL_KINDS: Readonly<Record<string, ToolKind>> = {
  read: 'READ',
  edit: 'EDIT',
  delete: 'DELETE',
  move: 'MOVE',
  search: 'SEARCH',
  execute: 'EXECUTE',
  think: 'THINK',
  fetch: 'FETCH',
}

const TOOL_STATUSES = {
  pending: 'PENDING',
  in_progress: 'IN_PROGRESS',
  completed: 'COMPLETED',
  failed: 'FAILED',
} as const satisfies Readonly<Record<string, ToolStatus>>

const STEP_STATUSES = { pending: 'PENDING', in_progress: 'IN_PROGRESS', completed: 'COMPLETED' } as const

/** How many calls are remembered of which changes are told, or which have an entry. */
const MAX_MEANT = 50
const MAX_KNOWN = 10_000

/** The kind of a tool as a transcript has it; undefined where the agent does not tell. */
export function toToolKind(
  call: Pick<ToolMessage, 'kind' | 'name' | 'rawInput' | '_meta'>,
): ToolKind | undefined {
  if (isMcpCall(call)) return 'MCP'
  return call.kind ? (Object.hasOwn(TOOL_KINDS, call.kind) ? TOOL_KINDS[call.kind] : 'OTHER') : undefined
}

/** Reports what an agent tells of its work as entries of the transcript. */
export class UpdateReporter {
  readonly #output: AgentOutput
  /** Keys of the entries that there are: an update of another is the first that is heard of it. */
  readonly #known = new Set<string>()
  #hasPlan = false
  /** What calls under way mean to change: many agents tell that before, and no more once it is done. */
  readonly #meant = new Map<string, readonly Diff[]>()

  constructor(output: AgentOutput) {
    this.#output = output
  }

  report(update: Update): void {
    switch (update.sessionUpdate) {
      case 'agent_message_chunk':
      case 'agent_thought_chunk': {
        const text = textOf(update.content)
        const kind = update.sessionUpdate === 'agent_message_chunk' ? 'MESSAGE' : 'THOUGHT'
        if (text !== '')
          this.#output.report({ kind, text, isPiece: true, key: update.messageId ?? undefined })
        return
      }
      case 'tool_call':
      case 'tool_call_update':
        return this.reportCall(update)
      case 'plan': {
        const steps = update.entries.map(({ content, status }) => ({
          text: content,
          status: STEP_STATUSES[status],
        }))
        this.#output.report({
          kind: 'PLAN',
          steps,
          ...(this.#hasPlan ? { updates: 'plan' } : { key: 'plan' }),
        })
        this.#hasPlan = true
        return
      }
      case 'session_info_update': {
        const error = update._meta?.codex?.error
        if (error) this.#output.report({ kind: 'ERROR', text: composeWords(error.message) })
        return
      }
      case 'user_message_chunk':
      case 'usage_update':
    }
  }

  /** Reports the call of a tool, or what is new of it, and the files that it changes. */
  reportCall(call: ToolMessage): void {
    const { toolCallId, title, status, locations, content } = call
    const text = (content ?? []).map(contentText).filter(Boolean).join('\n')
    this.#output.report({
      kind: 'TOOL_CALL',
      ...this.#nameEntry(toolCallId),
      title: title ?? undefined,
      toolKind: toToolKind(call),
      status: status ? TOOL_STATUSES[status] : undefined,
      locations: locations?.map(({ path, line }) => ({ path, line: line ?? undefined })),
      text: text === '' ? undefined : text,
    })
    const diffs = (content ?? []).flatMap(diffOf)
    if (diffs.length > 0) this.#mean(toolCallId, diffs)
    if (status !== 'completed' && status !== 'failed') return
    if (status === 'completed')
      for (const diff of this.#meant.get(toolCallId) ?? []) this.#output.report(diff)
    this.#meant.delete(toolCallId)
  }

  #mean(toolCallId: string, diffs: readonly Diff[]): void {
    this.#meant.delete(toolCallId)
    this.#meant.set(toolCallId, diffs)
    const [oldest] = this.#meant.keys()
    if (this.#meant.size > MAX_MEANT && oldest !== undefined) this.#meant.delete(oldest)
  }

  #nameEntry(key: string): { readonly key: string } | { readonly updates: string } {
    if (this.#known.has(key)) return { updates: key }
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    this.#known.add(key)
    return { key }
  }
}

function diffOf({ type, path, oldText, newText }: Readonly<Record<string, unknown>>): Diff[] {
  if (type !== 'diff' || typeof path !== 'string' || typeof newText !== 'string') return []
  const text = composeHunk(typeof oldText === 'string' ? oldText : null, newText)
  return text === '' ? [] : [{ kind: 'DIFF', path, text }]
}

function textOf(block: Readonly<Record<string, unknown>>): string {
  const { type, text, uri } = block
  if (type === 'text' && typeof text === 'string') return text
  return typeof uri === 'string' ? `[${String(type)}: ${uri}]` : `[${String(type)}]`
}

function contentText(part: Readonly<Record<string, unknown>>): string {
  const { content } = part
  const isBlock = part['type'] === 'content' && typeof content === 'object' && content !== null
  return isBlock ? textOf(content as Readonly<Record<string, unknown>>) : ''
}

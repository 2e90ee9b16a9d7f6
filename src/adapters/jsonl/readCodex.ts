import type { Entry, ToolKind } from '../kit/entry.ts'
import { countAt, isFields, listAt, objectAt, textAt, textIn } from './eventReader.ts'
import type { EventReader, EventSink, Fields } from './eventReader.ts'

/** Codex, by `codex exec --json`. */
export const readCodex: EventReader = (event, sink) => {
  switch (event['type']) {
    case 'thread.started': {
      const session = textAt(event, 'thread_id')
      if (session !== undefined) sink.begin(session)
      return
    }
    case 'item.started':
    case 'item.updated':
    case 'item.completed':
      return readItem(objectAt(event, 'item'), event['type'], sink)
    case 'turn.completed':
      sink.report(usageOf(objectAt(event, 'usage'), sink))
      return sink.fail(null)
    case 'turn.failed':
      return fail(textAt(objectAt(event, 'error'), 'message'), sink)
    case 'error': {
      const text = textAt(event, 'message')
      // it tries again by itself, and tells of the last time by `turn.failed`
      if (text?.startsWith('Reconnecting')) sink.report({ kind: 'ERROR', text })
      return fail(text, sink)
    }
  }
}

/** Errors come as text that may hold the service's answer as JSON. */
function fail(message: string | undefined, sink: EventSink): void {
  sink.fail({ code: null, message: message ?? 'the agent names no error' })
}

/** Its counters run on over the whole thread. */
function usageOf(usage: Fields, sink: EventSink): Entry {
  const since = (name: string) => sink.sinceLast(name, countAt(usage, name))
  return {
    kind: 'USAGE',
    inputTokens: since('input_tokens'),
    cachedTokens: since('cached_input_tokens'),
    outputTokens: since('output_tokens'),
    reasoningTokens: since('reasoning_output_tokens'),
  }
}

function readItem(item: Fields, event: string, sink: EventSink): void {
  const isOver = event === 'item.completed'
  switch (item['type']) {
    case 'agent_message': {
      const text = textAt(item, 'text')
      if (isOver && text !== undefined) sink.report({ kind: 'MESSAGE', text })
      return
    }
    case 'reasoning': {
      const text = textAt(item, 'text')
      if (isOver && text !== undefined) sink.report({ kind: 'THOUGHT', text })
      return
    }
    case 'error': {
      const text = textAt(item, 'message')
      if (isOver && text !== undefined) sink.report({ kind: 'ERROR', text })
      return
    }
    case 'todo_list':
      return sink.report(planOf(item, event))
    case 'command_execution':
      return readCall(item, event, sink, {
        toolKind: 'EXECUTE',
        title: textAt(item, 'command'),
        text: textAt(item, 'aggregated_output'),
      })
    case 'mcp_tool_call':
      return readCall(item, event, sink, {
        toolKind: 'MCP',
        title: `${textAt(item, 'server') ?? ''}.${textAt(item, 'tool') ?? ''}`,
        text: textAt(objectAt(item, 'error'), 'message') ?? textIn(objectAt(item, 'result')['content']),
      })
    case 'web_search':
      return readCall(item, event, sink, { toolKind: 'FETCH', title: textAt(item, 'query'), text: undefined })
    case 'file_change': {
      const paths = listAt(item, 'changes').flatMap((change) => textAt(change, 'path') ?? [])
      return readCall(item, event, sink, {
        toolKind: 'EDIT',
        title: paths.join(', '),
        text: undefined,
        locations: paths.map((path) => ({ path })),
      })
    }
  }
}

interface Told {
  readonly toolKind: ToolKind
  readonly title: string | undefined
  readonly text: string | undefined
  readonly locations?: readonly { readonly path: string }[]
}

/** Some calls are told of when they are over only. */
function readCall(item: Fields, event: string, sink: EventSink, { text, ...told }: Told): void {
  const id = textAt(item, 'id') ?? ''
  const isOver = event === 'item.completed'
  const failed = item['status'] === 'failed' || item['status'] === 'declined' || isFields(item['error'])
  const status = isOver ? (failed ? 'FAILED' : 'COMPLETED') : 'IN_PROGRESS'
  if (event === 'item.started') return sink.report({ kind: 'TOOL_CALL', key: id, ...told, status })
  if (isOver) sink.report({ kind: 'TOOL_CALL', updates: id, ...told, status, ...(text && { text }) })
}

function planOf(item: Fields, event: string): Entry {
  const id = textAt(item, 'id') ?? 'plan'
  const steps = listAt(item, 'items').map((step) => ({
    text: textAt(step, 'text') ?? '',
    status: step['completed'] === true ? ('COMPLETED' as const) : ('PENDING' as const),
  }))
  return { kind: 'PLAN', ...(event === 'item.started' ? { key: id } : { updates: id }), steps }
}

import { countAt, listAt, microsAt, objectAt, sumOf, textAt } from './eventReader.ts'
import type { EventReader, EventSink, Fields } from './eventReader.ts'
import { beginCall, diffOf, endCall } from './toolCalls.ts'

/** opencode, by `opencode run --format json`. It tells of a tool when that is over, so a step stands for all that is done in it. */
export const readOpencode: EventReader = (event, sink) => {
  const session = textAt(event, 'sessionID')
  const part = objectAt(event, 'part')
  switch (event['type']) {
    case 'step_start':
      if (session !== undefined) sink.begin(session)
      return sink.setBusy('step', true)
    case 'text':
    case 'reasoning': {
      const text = textAt(part, 'text')
      if (text !== undefined) sink.report({ kind: event['type'] === 'text' ? 'MESSAGE' : 'THOUGHT', text })
      return
    }
    case 'tool_use':
      return readTool(part, sink)
    case 'step_finish': {
      sink.setBusy('step', false)
      sink.fail(null)
      const tokens = objectAt(part, 'tokens')
      const cached = countAt(objectAt(tokens, 'cache'), 'read')
      const fresh = countAt(tokens, 'input')
      const reasoning = countAt(tokens, 'reasoning')
      const costMicros = microsAt(part, 'cost')
      return sink.report({
        kind: 'USAGE',
        inputTokens: sumOf(fresh, cached),
        cachedTokens: cached,
        outputTokens: sumOf(countAt(tokens, 'output'), reasoning),
        reasoningTokens: reasoning,
        ...(costMicros !== undefined && { costMicros, currency: 'USD' }),
      })
    }
    case 'error': {
      if (session !== undefined) sink.begin(session)
      sink.setBusy('step', false)
      const error = objectAt(event, 'error')
      const data = objectAt(error, 'data')
      const message = textAt(data, 'message') ?? textAt(error, 'message') ?? 'the agent names no error'
      const retryAfter = textAt(objectAt(data, 'responseHeaders'), 'retry-after')
      return sink.fail({
        code: countAt(data, 'statusCode') ?? textAt(error, 'name') ?? null,
        message: retryAfter === undefined ? message : `${message} (retry after ${retryAfter}s)`,
      })
    }
  }
}

function readTool(part: Fields, sink: EventSink): void {
  const name = textAt(part, 'tool') ?? 'tool'
  const state = objectAt(part, 'state')
  const input = objectAt(state, 'input')
  const key = textAt(part, 'callID') ?? name
  sink.report(beginCall(key, name, input))
  if (name === 'todowrite')
    sink.report({
      kind: 'PLAN',
      steps: listAt(input, 'todos').map((step) => ({
        text: textAt(step, 'content') ?? '',
        status: step['status'] === 'completed' ? ('COMPLETED' as const) : ('PENDING' as const),
      })),
    })
  const diff = diffOf(name, input)
  if (diff) sink.report(diff)
  sink.report(
    endCall(key, state['status'] === 'error', textAt(state, 'output') ?? textAt(state, 'error') ?? ''),
  )
}

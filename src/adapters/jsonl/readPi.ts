import { countAt, listAt, microsAt, objectAt, sumOf, textAt, textIn } from './eventReader.ts'
import type { EventReader, EventSink, Fields } from './eventReader.ts'
import { beginCall, diffOf, endCall } from './toolCalls.ts'

/** pi, by `--mode json`. The pieces of what it streams are left out: each message comes whole at its end. */
export const readPi: EventReader = (event, sink) => {
  switch (event['type']) {
    case 'session': {
      const session = textAt(event, 'id')
      if (session !== undefined) sink.begin(session)
      return
    }
    case 'message_end': {
      const message = objectAt(event, 'message')
      if (message['role'] === 'assistant') readAnswer(message, sink)
      return
    }
    case 'tool_execution_start': {
      const name = textAt(event, 'toolName') ?? 'tool'
      const input = objectAt(event, 'args')
      sink.report(beginCall(textAt(event, 'toolCallId') ?? name, name, input))
      const diff = diffOf(name, input)
      if (diff) sink.report(diff)
      return
    }
    case 'tool_execution_end': {
      const text = textIn(objectAt(event, 'result')['content'])
      return sink.report(endCall(textAt(event, 'toolCallId') ?? '', event['isError'] === true, text))
    }
  }
}

function readAnswer(message: Fields, sink: EventSink): void {
  for (const part of listAt(message, 'content')) {
    const said = textAt(part, 'text')
    const thought = textAt(part, 'thinking')
    if (part['type'] === 'text' && said !== undefined) sink.report({ kind: 'MESSAGE', text: said })
    if (part['type'] === 'thinking' && thought !== undefined) sink.report({ kind: 'THOUGHT', text: thought })
  }
  const failed = message['stopReason'] === 'error'
  const words = textAt(message, 'errorMessage') ?? 'the agent names no error'
  // it ends with 0 all the same
  sink.fail(failed ? { code: null, message: words } : null)
  const usage = objectAt(message, 'usage')
  const cached = countAt(usage, 'cacheRead')
  const fresh = countAt(usage, 'input')
  const costMicros = microsAt(objectAt(usage, 'cost'), 'total')
  if (failed || fresh === undefined) return
  sink.report({
    kind: 'USAGE',
    model: textAt(message, 'model'),
    provider: textAt(message, 'provider'),
    inputTokens: sumOf(fresh, cached, countAt(usage, 'cacheWrite')),
    cachedTokens: cached,
    outputTokens: countAt(usage, 'output'),
    ...(costMicros !== undefined && { costMicros, currency: 'USD' }),
  })
}

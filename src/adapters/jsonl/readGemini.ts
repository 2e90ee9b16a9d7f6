import { countAt, isFields, objectAt, sumOf, textAt, textIn } from './eventReader.ts'
import type { EventReader } from './eventReader.ts'
import { beginCall, diffOf, endCall } from './toolCalls.ts'

/** Gemini CLI, by `--output-format=stream-json`. */
export const readGemini: EventReader = (event, sink) => {
  switch (event['type']) {
    case 'init': {
      const session = textAt(event, 'session_id')
      if (session !== undefined) sink.begin(session)
      return
    }
    case 'message': {
      const text = textAt(event, 'content')
      if (event['role'] === 'assistant' && text !== undefined)
        sink.report({ kind: 'MESSAGE', text, isPiece: event['delta'] === true })
      return
    }
    case 'tool_use': {
      const name = textAt(event, 'tool_name') ?? 'tool'
      const input = objectAt(event, 'parameters')
      sink.report(beginCall(textAt(event, 'tool_id') ?? name, name, input))
      const diff = diffOf(name, input)
      if (diff) sink.report(diff)
      return
    }
    case 'tool_result': {
      const { output, error } = event
      const text = isFields(error) ? (textAt(error, 'message') ?? '') : textIn(output)
      return sink.report(endCall(textAt(event, 'tool_id') ?? '', event['status'] === 'error', text))
    }
    case 'error': {
      const message = textAt(event, 'message')
      if (message !== undefined) sink.report({ kind: 'ERROR', text: message })
      return
    }
    case 'result': {
      const stats = objectAt(event, 'stats')
      // the name of a model stands for the turn only where one did all of it
      const models = Object.keys(objectAt(stats, 'models'))
      const input = countAt(stats, 'input_tokens')
      const output = countAt(stats, 'output_tokens')
      const total = countAt(stats, 'total_tokens')
      // its output leaves out what it thought, which is what the total has besides
      const reasoning = total === undefined ? undefined : Math.max(0, total - (input ?? 0) - (output ?? 0))
      sink.report({
        kind: 'USAGE',
        provider: 'google',
        ...(models.length === 1 && { model: models[0] }),
        inputTokens: input,
        cachedTokens: countAt(stats, 'cached'),
        outputTokens: sumOf(output, reasoning),
        reasoningTokens: reasoning,
        durationMs: countAt(stats, 'duration_ms'),
      })
      if (event['status'] !== 'error') return sink.fail(null)
      const error = objectAt(event, 'error')
      return sink.fail({
        code: textAt(error, 'type') ?? null,
        message: textAt(error, 'message') ?? 'the agent names no error',
      })
    }
  }
}

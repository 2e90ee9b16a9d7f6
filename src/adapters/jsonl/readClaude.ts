import { countAt, listAt, microsAt, objectAt, sumOf, textAt, textIn } from './eventReader.ts'
import type { EventReader, EventSink, Fields } from './eventReader.ts'
import type { Usage } from '../kit/entry.ts'
import { beginCall, diffOf, endCall } from './toolCalls.ts'

/** Claude Code, by `--output-format=stream-json`. */
export const readClaude: EventReader = (event, sink) => readEvent(event, sink, tokensOfClaude)

/** Qwen Code prints the same events, but counts its tokens otherwise. */
export const readQwen: EventReader = (event, sink) => readEvent(event, sink, tokensOfQwen)

/** The tokens of a turn, by its result. */
type ReadTokens = (
  usage: Fields,
  sink: EventSink,
) => Pick<Usage, 'inputTokens' | 'cachedTokens' | 'outputTokens'>

/** Its input leaves out what stood in a cache, or was put into one. */
const tokensOfClaude: ReadTokens = (usage) => ({
  inputTokens: sumOf(
    countAt(usage, 'input_tokens'),
    countAt(usage, 'cache_read_input_tokens'),
    countAt(usage, 'cache_creation_input_tokens'),
  ),
  cachedTokens: countAt(usage, 'cache_read_input_tokens'),
  outputTokens: countAt(usage, 'output_tokens'),
})

/** What stood in a cache is a part of its input, and its counters run on over the whole session. */
const tokensOfQwen: ReadTokens = (usage, sink) => {
  const since = (name: string) => sink.sinceLast(name, countAt(usage, name))
  return {
    inputTokens: since('input_tokens'),
    cachedTokens: since('cache_read_input_tokens'),
    outputTokens: since('output_tokens'),
  }
}

function readEvent(event: Fields, sink: EventSink, readTokens: ReadTokens): void {
  switch (event['type']) {
    case 'system':
      return readSystem(event, sink)
    case 'assistant': {
      const message = objectAt(event, 'message')
      // a remark of the program about an error of the model, in the model's place
      const error = textAt(event, 'error')
      if (error !== undefined) sink.fail({ code: error, message: textIn(message['content']) || error })
      else sink.fail(null)
      if (error === undefined) for (const part of listAt(message, 'content')) readPart(part, sink)
      return
    }
    case 'user':
      for (const part of listAt(objectAt(event, 'message'), 'content'))
        if (part['type'] === 'tool_result')
          sink.report(
            endCall(textAt(part, 'tool_use_id') ?? '', part['is_error'] === true, textIn(part['content'])),
          )
      return
    case 'result':
      return readResult(event, sink, readTokens)
  }
}

function readSystem(event: Fields, sink: EventSink): void {
  if (event['subtype'] === 'init') {
    const session = textAt(event, 'session_id')
    if (session !== undefined) sink.begin(session)
  } else if (event['subtype'] === 'api_retry') {
    const status = countAt(event, 'error_status')
    const error = textAt(event, 'error') ?? 'an error of the model'
    sink.report({ kind: 'ERROR', text: status === undefined ? error : `${status} ${error}` })
    // it tries again for minutes, without a word
    sink.fail({ code: status ?? null, message: error })
  }
}

function readPart(part: Fields, sink: EventSink): void {
  switch (part['type']) {
    case 'text': {
      const text = textAt(part, 'text')
      if (text !== undefined) sink.report({ kind: 'MESSAGE', text })
      return
    }
    case 'thinking': {
      const text = textAt(part, 'thinking')
      if (text !== undefined) sink.report({ kind: 'THOUGHT', text })
      return
    }
    case 'tool_use': {
      const name = textAt(part, 'name') ?? 'tool'
      const input = objectAt(part, 'input')
      sink.report(beginCall(textAt(part, 'id') ?? name, name, input))
      const diff = diffOf(name, input)
      if (diff) sink.report(diff)
    }
  }
}

/** Its cost runs on where a session is resumed; its tokens are those of the turn. */
function readResult(event: Fields, sink: EventSink, readTokens: ReadTokens): void {
  const usage = objectAt(event, 'usage')
  const models = Object.keys(objectAt(event, 'modelUsage'))
  const costMicros = sink.sinceLast('total_cost_usd', microsAt(event, 'total_cost_usd'))
  sink.report({
    kind: 'USAGE',
    ...(models.length === 1 && { model: models[0] }),
    ...readTokens(usage, sink),
    ...(costMicros !== undefined && { costMicros, currency: 'USD' }),
    durationMs: countAt(event, 'duration_ms'),
  })
  if (event['is_error'] !== true) return sink.fail(null)
  const [error] = Array.isArray(event['errors']) ? (event['errors'] as unknown[]) : []
  const told = objectAt(event, 'error')
  const message =
    textAt(told, 'message') ??
    textAt(event, 'result') ??
    (typeof error === 'string' ? error : 'the agent names no error')
  sink.fail({ code: countAt(event, 'api_error_status') ?? textAt(told, 'type') ?? null, message })
}

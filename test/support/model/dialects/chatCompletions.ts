import { textOf } from '../dialect.ts'
import type { Dialect, Json, Reply } from '../dialect.ts'
import type { Line } from '../script.ts'
import { countTokens, refuse } from './openAi.ts'

/** OpenAI's Chat Completions: `POST …/chat/completions`. */
export const chatCompletions: Dialect = {
  name: 'chat-completions',
  asks: (path) => path.endsWith('/chat/completions'),
  read: (body: Json) => ({
    model: String(body.model),
    isStreamed: body.stream === true,
    lines: (body.messages ?? []).flatMap(readLine),
    tools: (body.tools ?? []).map((tool: Json) => ({
      name: String(tool.function?.name),
      schema: tool.function?.parameters ?? null,
    })),
    format: body.response_format?.json_schema?.schema ?? null,
  }),
  whole({ model }, reply) {
    const { text, thought, calls } = reply
    const message = {
      role: 'assistant',
      content: text === '' ? null : text,
      ...(thought !== '' && { reasoning_content: thought }),
      ...(calls.length > 0 && { tool_calls: toolCalls(reply) }),
    }
    return {
      ...common(model, reply, 'chat.completion'),
      choices: [{ index: 0, message, finish_reason: finishReason(reply) }],
      usage: countTokens(reply.usage, ['prompt', 'completion']),
    }
  },
  async stream({ model }, reply, events) {
    const chunk = common(model, reply, 'chat.completion.chunk')
    const send = (delta: object, finish_reason: string | null = null) =>
      events.send({ ...chunk, choices: [{ index: 0, delta, finish_reason }] })
    send({ role: 'assistant', content: '' })
    if (reply.thought !== '') send({ reasoning_content: reply.thought })
    for (const content of reply.pieces) {
      send({ content })
      await reply.pause()
    }
    if (reply.calls.length > 0) send({ tool_calls: toolCalls(reply) })
    send({}, finishReason(reply))
    events.send({ ...chunk, choices: [], usage: countTokens(reply.usage, ['prompt', 'completion']) })
    events.send('[DONE]')
  },
  refuse,
}

function readLine({ role, content }: Json): Line[] {
  if (role === 'user') return [{ by: 'user', text: textOf(content) }]
  if (role === 'assistant') return [{ by: 'model' }]
  return role === 'tool' ? [{ by: 'tool' }] : []
}

const common = (model: string, { id }: Reply, object: string) => ({
  id: `chatcmpl-${id}`,
  object,
  created: 0,
  model,
})

const finishReason = ({ calls }: Reply): string => (calls.length > 0 ? 'tool_calls' : 'stop')

function toolCalls({ calls }: Reply) {
  return calls.map(({ id, tool, input }, index) => ({
    index,
    id: `call_${id}`,
    type: 'function',
    function: { name: tool.name, arguments: JSON.stringify(input) },
  }))
}

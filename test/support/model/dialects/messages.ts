import { textOf } from '../dialect.ts'
import type { Dialect, ErrorResponse, Json, Reply } from '../dialect.ts'
import type { Failure, Line } from '../script.ts'

/** Anthropic's Messages: `POST …/messages`. */
export const messages: Dialect = {
  name: 'messages',
  asks: (path) => path.endsWith('/messages'),
  read: (body: Json) => ({
    model: String(body.model),
    isStreamed: body.stream === true,
    lines: (body.messages ?? []).flatMap(readLines),
    tools: (body.tools ?? []).map((tool: Json) => ({
      name: String(tool.name),
      schema: tool.input_schema ?? null,
    })),
    format: body.output_config?.format?.schema ?? body.output_format?.schema ?? null,
  }),
  whole: ({ model }, reply) => message(model, reply, blocksOf(reply)),
  async stream({ model }, reply, events) {
    const send = (type: string, fields: object) => events.send({ type, ...fields }, type)
    const started = message(model, reply, [])
    send('message_start', {
      message: { ...started, stop_reason: null, usage: { ...started.usage, output_tokens: 1 } },
    })
    for (const [index, block] of blocksOf(reply).entries()) {
      const add = (delta: object) => send('content_block_delta', { index, delta })
      send('content_block_start', { index, content_block: block.begun })
      if (block.whole.type === 'text') {
        for (const text of reply.pieces) {
          add({ type: 'text_delta', text })
          await reply.pause()
        }
      } else for (const delta of block.deltas) add(delta)
      send('content_block_stop', { index })
    }
    const { stop_reason, stop_sequence, usage } = started
    send('message_delta', { delta: { stop_reason, stop_sequence }, usage })
    send('message_stop', {})
  },
  refuse,
}

/** A tool's result is told by the user; beside it may stand remarks of the agent, in tags. */
function readLines({ role, content }: Json): Line[] {
  if (role === 'assistant') return [{ by: 'model' }]
  if (role !== 'user') return []
  const parts: Json[] = Array.isArray(content) ? content : [{ type: 'text', text: content }]
  const hasResult = parts.some(({ type }) => type === 'tool_result')
  const said = parts.filter(
    ({ type, text }) => type === 'text' && !(hasResult && String(text).startsWith('<')),
  )
  return [
    ...(hasResult ? [{ by: 'tool' as const }] : []),
    ...(said.length > 0 ? [{ by: 'user' as const, text: textOf(said) }] : []),
  ]
}

/** A part of an answer: as a whole, and as it is streamed. */
interface Block {
  readonly whole: Readonly<Record<string, unknown>> & { readonly type: string }
  readonly begun: object
  readonly deltas: readonly object[]
}

function blocksOf({ text, thought, calls }: Reply): Block[] {
  const thinking = { type: 'thinking', thinking: thought, signature: 'scripted' }
  return [
    ...(thought === ''
      ? []
      : [
          {
            whole: thinking,
            begun: { ...thinking, thinking: '', signature: '' },
            deltas: [
              { type: 'thinking_delta', thinking: thought },
              { type: 'signature_delta', signature: 'scripted' },
            ],
          },
        ]),
    ...(text === ''
      ? []
      : [{ whole: { type: 'text', text }, begun: { type: 'text', text: '' }, deltas: [] }]),
    ...calls.map(({ id, tool, input }) => {
      const use = { type: 'tool_use', id: `toolu_${id}`, name: tool.name }
      const partial_json = JSON.stringify(input)
      return {
        whole: { ...use, input },
        begun: { ...use, input: {} },
        deltas: [{ type: 'input_json_delta', partial_json }],
      }
    }),
  ]
}

function message(model: string, { id, calls, usage }: Reply, blocks: readonly Block[]) {
  return {
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    model,
    content: blocks.map(({ whole }) => whole),
    stop_reason: calls.length > 0 ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    // what was read from a cache is no part of the input here
    usage: {
      input_tokens: usage.input - usage.cached,
      cache_read_input_tokens: usage.cached,
      cache_creation_input_tokens: 0,
      output_tokens: usage.output,
    },
  }
}

function refuse({ kind, resetSeconds = 20 }: Failure): ErrorResponse {
  switch (kind) {
    case 'UNAUTHORIZED':
      return respond(401, 'authentication_error', 'invalid x-api-key')
    case 'UNPAID':
      return respond(
        400,
        'invalid_request_error',
        'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
      )
    case 'RATE_LIMITED':
      return {
        ...respond(429, 'rate_limit_error', 'This request would exceed your rate limit.'),
        headers: { 'retry-after': String(resetSeconds) },
      }
    case 'OVERLOADED':
      return respond(529, 'overloaded_error', 'Overloaded')
    case 'CONTEXT_FULL':
      return respond(400, 'invalid_request_error', 'prompt is too long: 205616 tokens > 200000 maximum')
    case 'MODEL_GONE':
      return respond(404, 'not_found_error', 'model: scripted')
  }
}

function respond(status: number, type: string, text: string): ErrorResponse {
  return { status, body: { type: 'error', error: { type, message: text }, request_id: 'req_scripted' } }
}

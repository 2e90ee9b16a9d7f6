import type { Call, Tool } from '../chooseTool.ts'
import { textOf } from '../dialect.ts'
import type { Dialect, Json, Reply } from '../dialect.ts'
import type { Line } from '../script.ts'
import { countTokens, refuse } from './openAi.ts'

/** OpenAI's Responses: `POST …/responses`. */
export const responses: Dialect = {
  name: 'responses',
  asks: (path) => path.endsWith('/responses'),
  read(body: Json) {
    const items: Json[] =
      typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : (body.input ?? [])
    return {
      model: String(body.model),
      isStreamed: body.stream === true,
      lines: items.flatMap(readLine),
      tools: (body.tools ?? []).flatMap((tool: Json) => readTools(tool)),
      format: body.text?.format?.schema ?? null,
    }
  },
  whole: ({ model }, reply) => wholeResponse(model, reply, outputItems(reply)),
  async stream({ model }, reply, events) {
    let number = 0
    const send = (type: string, fields: object) =>
      events.send({ type, sequence_number: (number += 1), ...fields }, type)
    const items = outputItems(reply)
    const response = wholeResponse(model, reply, items)
    send('response.created', {
      response: { ...response, status: 'in_progress', output: [], usage: null },
    })
    for (const [output_index, item] of items.entries()) {
      const begun = { ...item, status: 'in_progress', ...(item['type'] === 'message' && { content: [] }) }
      send('response.output_item.added', { output_index, item: begun })
      if (item['type'] === 'message') {
        const place = { item_id: item['id'], output_index, content_index: 0 }
        for (const delta of reply.pieces) {
          send('response.output_text.delta', { ...place, delta })
          await reply.pause()
        }
        send('response.output_text.done', { ...place, text: reply.text })
      }
      send('response.output_item.done', { output_index, item })
    }
    send('response.completed', { response })
  },
  refuse,
}

function readLine(item: Json): Line[] {
  const type = String(item.type ?? 'message')
  if (item.role === 'user') return [{ by: 'user', text: textOf(item.content) }]
  if (item.role === 'assistant' || type === 'reasoning' || type.endsWith('_call')) return [{ by: 'model' }]
  return type.endsWith('_output') ? [{ by: 'tool' }] : []
}

/** A tool stands alone, or in a group that calls have to name. */
function readTools(tool: Json, namespace?: string): Tool[] {
  if (tool.type === 'namespace')
    return (tool.tools ?? []).flatMap((inner: Json) => readTools(inner, String(tool.name)))
  return [
    {
      name: String(tool.name ?? tool.type),
      schema: tool.parameters ?? null,
      isFreeform: tool.type === 'custom',
      ...(namespace !== undefined && { namespace }),
    },
  ]
}

type Item = Readonly<Record<string, unknown>>

function wholeResponse(model: string, { id, usage }: Reply, output: readonly Item[]) {
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: 0,
    status: 'completed',
    model,
    output,
    usage: countTokens(usage, ['input', 'output']),
  }
}

function outputItems({ id, text, thought, calls }: Reply): Item[] {
  const summary = [{ type: 'summary_text', text: thought }]
  const content = [{ type: 'output_text', text, annotations: [] }]
  return [
    ...(thought === '' ? [] : [{ type: 'reasoning', id: `rs_${id}`, summary }]),
    ...(text === ''
      ? []
      : [{ type: 'message', id: `msg_${id}`, role: 'assistant', status: 'completed', content }]),
    ...calls.map(callItem),
  ]
}

function callItem({ id, tool, input }: Call): Item {
  const { name, namespace, isFreeform } = tool
  const called = { id: `fc_${id}`, call_id: `call_${id}`, name, status: 'completed' }
  const named = namespace === undefined ? called : { ...called, namespace }
  return isFreeform
    ? { type: 'custom_tool_call', ...named, input: String(input) }
    : { type: 'function_call', ...named, arguments: JSON.stringify(input) }
}

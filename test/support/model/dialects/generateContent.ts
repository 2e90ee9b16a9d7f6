import { textOf } from '../dialect.ts'
import type { Dialect, ErrorResponse, Json, Reply } from '../dialect.ts'
import type { Failure, Line } from '../script.ts'

/** Gemini's generateContent: `POST …/models/NAME:generateContent` and `:streamGenerateContent`. */
export const generateContent: Dialect = {
  name: 'generate-content',
  asks: (path) => /:(?:generateContent|streamGenerateContent)$/.test(path),
  read(body: Json, path) {
    const { contents = [], tools = [], generationConfig = {} } = body
    return {
      model: /models\/([^:]+):/.exec(path)?.[1] ?? '',
      isStreamed: path.endsWith(':streamGenerateContent'),
      lines: contents.map(readLine),
      tools: tools.flatMap((tool: Json) => (tool.functionDeclarations ?? []).map(readTool)),
      format: generationConfig.responseJsonSchema ?? generationConfig.responseSchema ?? null,
    }
  },
  whole: ({ model }, reply) => ({
    ...candidate([...thoughtOf(reply), { text: reply.text }, ...callsOf(reply)], 'STOP'),
    ...closing(model, reply),
  }),
  async stream({ model }, reply, events) {
    if (reply.thought !== '') events.send(candidate(thoughtOf(reply)))
    for (const text of reply.pieces) {
      events.send(candidate([{ text }]))
      await reply.pause()
    }
    const calls = callsOf(reply)
    events.send({
      ...candidate(calls.length > 0 ? calls : [{ text: '' }], 'STOP'),
      ...closing(model, reply),
    })
  },
  refuse,
}

function readLine({ role, parts = [] }: Json): Line {
  if (role === 'model') return { by: 'model' }
  const isResult = parts.some((part: Json) => part.functionResponse)
  return isResult ? { by: 'tool' } : { by: 'user', text: textOf(parts) }
}

const readTool = ({ name, parametersJsonSchema, parameters }: Json) => ({
  name: String(name),
  schema: parametersJsonSchema ?? parameters ?? null,
})

function candidate(parts: readonly object[], finishReason?: string) {
  const content = { role: 'model', parts }
  return { candidates: [{ index: 0, content, ...(finishReason !== undefined && { finishReason }) }] }
}

const thoughtOf = ({ thought }: Reply): object[] => (thought === '' ? [] : [{ text: thought, thought: true }])

const callsOf = ({ calls }: Reply): object[] =>
  calls.map(({ id, tool, input }) => ({ functionCall: { id, name: tool.name, args: input } }))

function closing(model: string, { id, usage }: Reply) {
  const { input, cached, output, reasoning } = usage
  const usageMetadata = {
    promptTokenCount: input,
    cachedContentTokenCount: cached,
    candidatesTokenCount: output - reasoning,
    thoughtsTokenCount: reasoning,
    totalTokenCount: input + output,
  }
  return { modelVersion: model, responseId: id, usageMetadata }
}

function refuse({ kind, resetSeconds = 20 }: Failure): ErrorResponse {
  switch (kind) {
    case 'UNAUTHORIZED':
      return respond(401, 'UNAUTHENTICATED', 'API key not valid. Please pass a valid API key.')
    case 'UNPAID':
      return respond(403, 'PERMISSION_DENIED', 'This API method requires billing to be enabled.')
    case 'RATE_LIMITED':
      return respond(429, 'RESOURCE_EXHAUSTED', `Quota exceeded. Please retry in ${resetSeconds}s.`, [
        { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${resetSeconds}s` },
      ])
    case 'OVERLOADED':
      return respond(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.')
    case 'CONTEXT_FULL':
      return respond(
        400,
        'INVALID_ARGUMENT',
        'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
      )
    case 'MODEL_GONE':
      return respond(404, 'NOT_FOUND', 'models/scripted is not found for API version v1beta.')
  }
}

function respond(code: number, status: string, message: string, details: object[] = []): ErrorResponse {
  return { status: code, body: { error: { code, message, status, details } } }
}

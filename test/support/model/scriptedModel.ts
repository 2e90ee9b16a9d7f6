import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { chooseTool } from './chooseTool.ts'
import { EventStream } from './dialect.ts'
import type { Dialect, Json, Question, Reply } from './dialect.ts'
import { chatCompletions } from './dialects/chatCompletions.ts'
import { generateContent } from './dialects/generateContent.ts'
import { messages } from './dialects/messages.ts'
import { responses } from './dialects/responses.ts'
import { exampleOf } from './exampleOf.ts'
import { findCue } from './script.ts'
import type { Answer, ClaimedUsage, Script } from './script.ts'

const DIALECTS: readonly Dialect[] = [responses, chatCompletions, messages, generateContent]

/** How many characters a streamed piece has. */
const PIECE = 24

/** A request that was answered by the script. */
export interface Asked {
  readonly dialect: string
  readonly question: Question
  readonly body: Json
  /** The scene that it fell into; null where none fits. */
  readonly scene: number | null
  readonly index: number
  /** What it was told to have used; null where it was refused. */
  readonly usage: ClaimedUsage | null
}

/** A model that does what a script says, on loopback. */
export interface ScriptedModel {
  readonly url: string
  /** Every request for an answer so far. */
  readonly asked: readonly Asked[]
  /** Follows this script from now on. */
  follow(script: Script): void
  close(): Promise<void>
}

/** Starts a scripted model that speaks every interface that agents do. */
export async function startScriptedModel(script: Script = []): Promise<ScriptedModel> {
  let present = script
  const asked: Asked[] = []
  const closing = new AbortController()
  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else sendJson(response, 500, { error: { message: String(error) } })
    })
  })

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    const sent = await readText(request)
    if (request.method === 'GET' && path.endsWith('/models'))
      return sendJson(response, 200, { object: 'list', data: [], models: [] })
    if (/[:/]count_?tokens$/i.test(path)) {
      const tokens = tokensOf(sent)
      return sendJson(response, 200, { input_tokens: tokens, totalTokens: tokens })
    }
    const dialect = DIALECTS.find((each) => each.asks(path))
    if (!dialect || request.method !== 'POST')
      return sendJson(response, 404, { error: { message: `no ${path} here` } })
    const body = JSON.parse(sent)
    const question = dialect.read(body, path)
    const { answer, scene, index } = findCue(present, question.lines)
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const signal = AbortSignal.any([gone.signal, closing.signal])
    const reply = composeReply(question, answer, sent, signal)
    const usage = answer.fail ? null : reply.usage
    asked.push({ dialect: dialect.name, question, body, scene, index, usage })
    await perform(dialect, { question, answer, reply, response, signal }).catch((error: unknown) => {
      // The agent hung up.
      if (!signal.aborted) throw error
    })
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    follow(next) {
      present = next
    },
    async close() {
      closing.abort()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

interface Performance {
  readonly question: Question
  readonly answer: Answer
  readonly reply: Reply
  readonly response: ServerResponse
  readonly signal: AbortSignal
}

async function perform(
  dialect: Dialect,
  { question, answer, reply, response, signal }: Performance,
): Promise<void> {
  // What is asked without tools is beside the work: a title, a summary.
  const isAside = question.tools.length === 0
  if (answer.delayMs !== undefined && !isAside) await sleep(answer.delayMs, undefined, { signal })
  if (answer.fail) {
    const { status, headers, body } = dialect.refuse(answer.fail)
    return sendJson(response, status, body, headers)
  }
  if (!question.isStreamed) return sendJson(response, 200, dialect.whole(question, reply))
  await dialect.stream(question, reply, new EventStream(response))
  response.end()
}

function composeReply(
  { format, tools }: Question,
  { say = '', think = '', use = [], usage, spreadMs = 0 }: Answer,
  sent: string,
  signal: AbortSignal,
): Reply {
  const calls =
    format === null ? use.map((each) => chooseTool(each, tools)).filter((call) => call !== null) : []
  const said = format === null ? say : JSON.stringify(exampleOf(format))
  const text = said === '' && calls.length === 0 ? 'Done.' : said
  const pieces = text.match(new RegExp(`.{1,${PIECE}}`, 'gsu')) ?? []
  return {
    id: randomUUID().replaceAll('-', ''),
    text,
    pieces,
    thought: think,
    calls,
    usage: {
      input: tokensOf(sent),
      cached: 0,
      output: tokensOf(text + JSON.stringify(calls)),
      reasoning: 0,
      ...usage,
    },
    pause: async () => {
      if (spreadMs > 0) await sleep(spreadMs / pieces.length, undefined, { signal })
    },
  }
}

/** A guess at how many tokens a text has. */
const tokensOf = (text: string): number => Math.ceil(text.length / 4)

function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { ...headers, 'content-type': 'application/json' }).end(JSON.stringify(body))
}

import type { CallToolResult } from '@modelcontextprotocol/server'
import type { z } from 'zod'
import type { NameStep } from '../../advice/step.ts'
import type { Refusal } from './answerSchema.ts'
import { describeFault, describeRefusal, fault } from './refusal.ts'
import type { Tool, ToolContext } from './tool.ts'

/** What calling a tool needs besides its context. */
export interface CallOptions {
  /** Names what to do next in the words of the caller's tools. */
  readonly nameStep: NameStep
  /** Aborts when the server stops. */
  readonly stopping: AbortSignal | undefined
  /** Called with an error that nobody expected; the caller is told that there was one. */
  readonly onFault: (error: unknown) => void
}

/** Calls a tool. Never throws: whatever goes wrong is an answer that says what to do. */
export async function callTool<Context extends ToolContext>(
  tool: Tool<Context>,
  context: Context,
  input: unknown,
  { nameStep, stopping, onFault }: CallOptions,
): Promise<CallToolResult> {
  try {
    const read = tool.input.safeParse(input ?? {})
    if (!read.success) return toRefused(refuseArguments(tool.name, read.error))
    const answer = await tool.perform(context, read.data)
    if ('problem' in answer) return toRefused(describeRefusal(answer.problem, nameStep))
    const { say, result, isInsufficient = false } = answer
    return toResult({ ok: !isInsufficient, say, result })
  } catch (error) {
    if (stopping?.aborted)
      return toRefused(fault('STOPPING', 'The server is being restarted.', ['Call again in a moment.']))
    const expected = describeFault(error)
    if (expected) return toRefused(expected)
    if (!context.call.signal.aborted) onFault(error)
    return toRefused(fault('INTERNAL', 'The call failed inside of the server; its log says why.', []))
  }
}

/** Which arguments are wrong, and how, as the API tells of a wrong input. */
function refuseArguments(name: string, { issues }: z.ZodError): Refusal {
  const found = issues.map(({ path, message }) => ({ path: path.map(String), message }))
  const words = found.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '))
  const message = `The arguments of ${name} are wrong: ${words.join('; ')}`
  const advice = [`Correct them by the schema of ${name}, and call it again; nothing was done.`]
  return { ...fault('InvalidInput', message, advice), issues: found }
}

function toRefused(refusal: Refusal): CallToolResult {
  const { type, message, advice } = refusal
  const say = [`${type}: ${endSentence(message)}`, ...advice.map(endSentence)].join(' ')
  return toResult({ ok: false, say, refusal })
}

/** For models the sentence comes first, and the rest as JSON: not every client shows them structured content. */
function toResult(answer: {
  readonly ok: boolean
  readonly say: string
  readonly result?: unknown
  readonly refusal?: Refusal
}): CallToolResult {
  const { say, result, refusal } = answer
  return {
    content: [
      { type: 'text', text: say },
      { type: 'text', text: JSON.stringify(result ?? refusal) },
    ],
    structuredContent: answer,
    ...(!answer.ok && { isError: true }),
  }
}

function endSentence(text: string): string {
  const sentence = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`
}

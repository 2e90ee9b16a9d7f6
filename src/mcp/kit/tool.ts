import type { Pawl } from '@pawl/sdk'
import type { z } from 'zod'
import type { Answer } from './answer.ts'
import { answerSchema } from './answerSchema.ts'

/** What a tool works with. */
export interface ToolContext {
  /** The server, as the caller reaches it. */
  readonly pawl: Pawl
  /** The options of every call: they end with the tool's request. */
  readonly call: { readonly signal: AbortSignal }
}

/** What a tool works with that an agent calls for its own run. */
export interface AgentToolContext extends ToolContext {
  readonly runId: string
}

/** What a client is told of a tool's effects; Pawl's tools reach nothing but the server. */
export interface ToolHints {
  /** It changes nothing. */
  readonly isReadOnly?: boolean
  /** It ends something that can't be taken back. */
  readonly isDestructive?: boolean
  /** Repeating it changes nothing more. */
  readonly isIdempotent?: boolean
}

/** A tool: its name and description for a model, its schemas, and what it does. */
export interface Tool<Context extends ToolContext = never> {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly hints: ToolHints
  readonly input: z.ZodObject
  /** Of everything that it answers; made once, since a server is created for each request. */
  readonly answer: z.ZodObject
  perform(context: Context, input: unknown): Promise<Answer>
}

interface ToolFields<Context extends ToolContext, Input extends z.ZodObject, Result extends z.ZodObject> {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly hints: ToolHints
  readonly input: Input
  /** Of `result`, in an answer that is no refusal. */
  readonly result: Result
  readonly perform: (context: Context, input: z.output<Input>) => Promise<Answer<z.input<Result>>>
}

type Define<Context extends ToolContext> = <Input extends z.ZodObject, Result extends z.ZodObject>(
  fields: ToolFields<Context, Input, Result>,
) => Tool<Context>

const define =
  <Context extends ToolContext>(): Define<Context> =>
  ({ result, perform, ...fields }) => ({
    ...fields,
    answer: answerSchema(result),
    // `callTool` has parsed the arguments by `input` before it calls
    perform: perform,
  })

/** A tool for an agent with the token of its claim: it is about its own run. */
export const defineAgentTool = define<AgentToolContext>()

/** A tool for programs that are no agents of a run. */
export const defineOperatorTool = define<ToolContext>()

import { McpServer } from '@modelcontextprotocol/server'
import type { StandardSchemaWithJSON } from '@modelcontextprotocol/server'
import type { Pawl } from '@pawl/sdk'
import { callTool } from './kit/callTool.ts'
import type { CallOptions } from './kit/callTool.ts'
import { nameAgentTool, nameOperatorTool } from './kit/nameTool.ts'
import type { AgentToolContext, Tool, ToolContext } from './kit/tool.ts'
import * as agentRun from './run/agentRunTools.ts'
import * as operatorRun from './run/operatorRunTools.ts'
import * as approvals from './activity/approvalTools.ts'
import * as artifacts from './activity/artifactTools.ts'
import * as asking from './activity/askTool.ts'
import * as messages from './activity/messageTools.ts'
import * as phases from './activity/phaseTools.ts'

/** Tools of an agent with the token of its claim. */
export const AGENT_TOOLS: readonly Tool<AgentToolContext>[] = [
  agentRun.state,
  phases.startPhase,
  phases.advancePhase,
  artifacts.submitArtifact,
  messages.messages,
  asking.ask,
  approvals.requestApproval,
  agentRun.completeRound,
  agentRun.complete,
  agentRun.fail,
]

/** Tools of programs with another token: an editor, an agent that is none of a run. */
export const OPERATOR_TOOLS: readonly Tool<ToolContext>[] = [
  operatorRun.start,
  operatorRun.list,
  operatorRun.get,
  operatorRun.wait,
  operatorRun.cancel,
  approvals.decideApproval,
]

const AGENT_INSTRUCTIONS =
  'You work on a run of Pawl, which keeps track of it and decides when it is done. pawl_state shows where it is and what comes next. A refusal says what to do: follow it. When a call says to stop, stop working.'
const OPERATOR_INSTRUCTIONS =
  'Starts, watches and cancels runs of agents on a Pawl server. Decide an approval only with the decision of a person.'

/** Whose tools a server has. */
export type Audience = { readonly kind: 'AGENT'; readonly runId: string } | { readonly kind: 'OPERATOR' }

/** An AGENT token names the run of its claim (docs/security.md). */
const AGENT_TOKEN = /^pawl_agt_(run_[0-9a-z]{26})_/

/** Whose tools a token stands for; told by its form, so that an agent gets its tools while its server is being restarted. */
export function readAudience(token: string | undefined): Audience {
  const [, runId] = AGENT_TOKEN.exec(token ?? '') ?? []
  return runId === undefined ? { kind: 'OPERATOR' } : { kind: 'AGENT', runId }
}

/** What an MCP server is made of. */
export interface McpServerOptions {
  readonly version: string
  /** The Pawl server, as the caller reaches it. */
  readonly pawl: Pawl
  readonly audience: Audience
  /** Aborts when the process stops; calls under way are then answered that they may be repeated. */
  readonly stopping?: AbortSignal | undefined
  readonly onFault: (error: unknown) => void
}

/** Creates an MCP server with the tools of one caller, for one connection or one request. */
export function createMcpServer({ version, pawl, audience, stopping, onFault }: McpServerOptions): McpServer {
  const isAgent = audience.kind === 'AGENT'
  const server = new McpServer(
    { name: 'pawl', title: 'Pawl', version },
    { instructions: isAgent ? AGENT_INSTRUCTIONS : OPERATOR_INSTRUCTIONS },
  )
  const options = { nameStep: isAgent ? nameAgentTool : nameOperatorTool, stopping, onFault }
  const contextOf = (signal: AbortSignal): ToolContext => ({
    pawl,
    call: { signal: stopping ? AbortSignal.any([signal, stopping]) : signal },
  })
  if (audience.kind === 'AGENT') {
    const { runId } = audience
    for (const tool of AGENT_TOOLS)
      register(server, tool, (signal) => ({ ...contextOf(signal), runId }), options)
  } else for (const tool of OPERATOR_TOOLS) register(server, tool, contextOf, options)
  return server
}

/** A schema that is told to clients and admits everything: a tool answers wrong arguments itself, in words that help. */
function describeOnly(input: Tool['input']): StandardSchemaWithJSON {
  return { '~standard': { ...input['~standard'], validate: (value: unknown) => ({ value }) } }
}

function register<Context extends ToolContext>(
  server: McpServer,
  tool: Tool<Context>,
  contextOf: (signal: AbortSignal) => Context,
  options: CallOptions,
): void {
  const { name, title, description, input, hints } = tool
  const { isReadOnly = false, isDestructive = false, isIdempotent = false } = hints
  server.registerTool(
    name,
    {
      title,
      description,
      inputSchema: describeOnly(input),
      outputSchema: tool.answer,
      annotations: {
        title,
        readOnlyHint: isReadOnly,
        destructiveHint: isDestructive,
        idempotentHint: isReadOnly || isIdempotent,
        openWorldHint: false,
      },
    },
    async (given, { mcpReq }) => callTool(tool, contextOf(mcpReq.signal), given, options),
  )
}

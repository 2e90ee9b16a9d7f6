import { z } from 'zod'
import { passEnvSchema } from '../../processes/passEnv.ts'

const seconds = z.number().positive().max(86_400)

const answer = z.enum(['allow', 'deny', 'ask'])

/** What an agent is answered that asks for a permission, by what it asks for. */
export const permissionsSchema = z.strictObject({
  edit: answer.default('allow').describe('To change, move or delete a file.'),
  execute: answer.default('ask').describe('To run a command.'),
  fetch: answer.default('ask').describe('To read from the network.'),
  mcp: answer.default('allow').describe('To call a tool of an MCP server.'),
  other: answer.default('ask').describe('Anything else.'),
})

/** What an agent is answered, defaults filled in. */
export type AgentPermissions = z.infer<typeof permissionsSchema>

/** The agents whose events are read. */
export const KNOWN_AGENTS = ['claude', 'codex', 'gemini', 'opencode', 'pi', 'qwen'] as const
export type KnownAgent = (typeof KNOWN_AGENTS)[number]

const outputSchema = z.union([z.literal('text'), z.templateLiteral(['jsonl:', z.enum(KNOWN_AGENTS)])])

/** Agents that can be given an MCP server for one start, without changing a file of their user's. */
export const MCP_AGENTS = ['claude', 'codex', 'gemini', 'qwen', 'opencode', 'pi'] as const

/** One of {@link MCP_AGENTS}. */
export type McpAgent = (typeof MCP_AGENTS)[number]

const settingsSchema = z.strictObject({
  adapter: z.enum(['acp', 'process', 'tmux', 'scripted']).describe('What the agent is reached through.'),
  command: z
    .array(z.string().min(1))
    .min(1)
    .describe(
      'Program and arguments. {prompt}, {promptFile}, {session} and {workspace} in an argument are filled in.',
    ),
  prompt: z
    .enum(['stdin', 'argument', 'file', 'keys'])
    .nullable()
    .default(null)
    .describe(
      'How a prompt is given: on standard input, as {prompt} in an argument, as a file named by {promptFile}, or typed into a terminal. Every adapter but acp needs it.',
    ),
  resume: z
    .array(z.string().min(1))
    .min(1)
    .nullable()
    .default(null)
    .describe(
      "Program and arguments that take an agent up again by {session}, the id of its own that `session` finds; null: it can't be.",
    ),
  session: z
    .strictObject({
      pattern: z
        .string()
        .max(500)
        .describe("A regular expression whose first group is the agent's own session id."),
    })
    .nullable()
    .default(null)
    .describe("Where the agent's own session id is found in its output, where that is plain text."),
  output: outputSchema
    .default('text')
    .describe(
      'What it prints: `text`, or the events of a known agent, a line of JSON each, as `jsonl:codex`; for process.',
    ),
  terminal: z
    .strictObject({
      ready: z
        .string()
        .max(500)
        .nullable()
        .default(null)
        .describe(
          'A regular expression that the screen shows when the agent waits for a prompt. Nothing is typed into any other screen.',
        ),
      readySeconds: z
        .number()
        .positive()
        .max(3600)
        .default(60)
        .describe('How long it may take to show that, in seconds; then a person is told what it shows.'),
      steer: z
        .string()
        .max(500)
        .nullable()
        .default(null)
        .describe(
          'A regular expression that the screen shows while the agent works and takes text; null: it takes none before its turn is over.',
        ),
      busy: z
        .string()
        .max(500)
        .nullable()
        .default(null)
        .describe('A regular expression that the screen shows while it works; null: told by its output.'),
      quietSeconds: z
        .number()
        .positive()
        .max(3600)
        .default(5)
        .describe('How long a terminal is silent until its agent counts as waiting, in seconds.'),
    })
    .prefault({})
    .describe('How an agent in a terminal shows what it does; for tmux.'),
  mode: z
    .string()
    .min(1)
    .max(200)
    .nullable()
    .default(null)
    .describe(
      'The mode that its session is set to, by its id; null: the one that the agent begins in. For acp.',
    ),
  permissions: permissionsSchema
    .nullable()
    .default(null)
    .describe('What it is answered where it asks for a permission; null: by the defaults. For acp.'),
  answerSeconds: z
    .int()
    .positive()
    .max(86_400)
    .default(900)
    .describe('How long a person may take to answer where it asks for a permission, in seconds. For acp.'),
  startSeconds: seconds
    .default(120)
    .describe(
      'The longest wait for an agent to begin, in seconds: for each of its first answers over ACP, and for its first event under process. Until then it is not silent.',
    ),
  toolSeconds: seconds
    .default(3600)
    .describe('How long a tool call in progress counts as a sign of life, in seconds.'),
  mcp: z
    .enum(MCP_AGENTS)
    .nullable()
    .default(null)
    .describe(
      "The agent whose way of being given an MCP server is used to give it Pawl's tools; null: it is given none. For process and tmux; over ACP every agent is given it.",
    ),
  env: z.record(z.string(), z.string()).default({}).describe('Variables set for it.'),
  passEnv: passEnvSchema
    .default([])
    .describe("Further variables that it inherits of the worker's, by name; `NAME*` for all that begin so."),
  idleSeconds: seconds.default(600).describe('The longest silence of an agent at work, in seconds.'),
  artifactSeconds: seconds
    .default(3600)
    .describe('The longest wait for a file after a prompt was sent, in seconds.'),
  killAfterSeconds: seconds.default(20).describe('From SIGTERM to SIGKILL where there is time, in seconds.'),
})

/** Settings that only agents over ACP have, and those that only others have. */
const OF_ACP = ['mode', 'permissions'] as const
const NOT_OF_ACP = ['prompt', 'resume', 'session'] as const

/** How an agent is started and spoken to, as a worker's configuration says it; see `presets.ts` for ready ones. */
export const agentDefinitionSchema = settingsSchema.superRefine((settings, issues) => {
  const isAcp = settings.adapter === 'acp'
  const foreign: readonly (keyof typeof settings)[] = isAcp ? NOT_OF_ACP : OF_ACP
  for (const name of foreign) {
    if (settings[name] === null) continue
    const message = isAcp ? 'the adapter acp does this by its protocol' : 'only the adapter acp knows it'
    issues.addIssue({ code: 'custom', path: [name], message })
  }
  if (!isAcp && settings.prompt === null)
    issues.addIssue({ code: 'custom', path: ['prompt'], message: 'say how the agent is given its prompt' })
})

/** How an agent is started and spoken to, defaults filled in. */
export type AgentDefinition = z.infer<typeof agentDefinitionSchema>

import { z } from 'zod'
import { passEnvSchema } from '../../processes/passEnv.ts'

const seconds = z.number().positive().max(86_400)

/** How an agent is started and spoken to, as a worker's configuration says it; see `presets.ts` for ready ones. */
export const agentDefinitionSchema = z.strictObject({
  adapter: z.enum(['process', 'tmux', 'scripted']).describe('What the agent is reached through.'),
  command: z
    .array(z.string().min(1))
    .min(1)
    .describe(
      'Program and arguments. {prompt}, {promptFile}, {session} and {workspace} in an argument are filled in.',
    ),
  prompt: z
    .enum(['stdin', 'argument', 'file', 'keys'])
    .describe(
      'How a prompt is given: on standard input, as {prompt} in an argument, as a file named by {promptFile}, or typed into a terminal.',
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
    .describe("Where the agent's own session id is found in its output."),
  terminal: z
    .strictObject({
      ready: z
        .string()
        .max(500)
        .nullable()
        .default(null)
        .describe(
          'A regular expression that the screen shows when the agent waits for a prompt; null: told by silence.',
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

/** How an agent is started and spoken to, defaults filled in. */
export type AgentDefinition = z.infer<typeof agentDefinitionSchema>

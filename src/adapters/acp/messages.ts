import { z } from 'zod'

/**
 * What an agent may say, as far as it is read here. Agents differ in what they add, so what is not named is ignored, and a part that is
 * not as it should be is treated as absent; only what a session needs is required.
 */

const optional = <T>(schema: z.ZodType<T>) => schema.optional().catch(undefined)
const record = optional(z.record(z.string(), z.unknown()))

const modesSchema = z.object({
  currentModeId: optional(z.string()),
  availableModes: z.array(z.object({ id: z.string() })),
})

const optionsSchema = z.array(
  z.object({
    id: z.string(),
    category: optional(z.string()),
    options: optional(z.array(z.object({ value: z.string() }))),
  }),
)

export const initializedSchema = z.object({
  protocolVersion: z.number(),
  agentInfo: optional(
    z.object({ name: z.string().max(200), version: optional(z.string().max(200)) }).nullable(),
  ),
  agentCapabilities: z
    .object({
      loadSession: optional(z.boolean()),
      sessionCapabilities: optional(z.object({ resume: z.unknown().optional() })),
      mcpCapabilities: optional(z.object({ http: optional(z.boolean()) })),
    })
    .optional()
    .catch(undefined),
  authMethods: optional(z.array(z.object({ name: z.string().max(200) }))),
  _meta: optional(z.object({ steering: optional(z.object({ supported: optional(z.boolean()) })) })),
})
/** An agent that has introduced itself. */
export type Initialized = z.infer<typeof initializedSchema>

/** An id becomes part of later messages and is kept with the session: no control character can stand in it. */
const id = z
  .string()
  .min(1)
  .max(1_000)
  .regex(/^\P{Cc}*$/u)

const openedSchema = z.object({ modes: optional(modesSchema), configOptions: optional(optionsSchema) })
/** What an agent says of a session that it has made or taken up. */
export type Opened = z.infer<typeof openedSchema>
export const resumedSchema = openedSchema.nullish().transform((opened): Opened => opened ?? {})
export const createdSchema = openedSchema.extend({ sessionId: id })

const tokens = optional(z.number().nonnegative().nullable())
const usageSchema = z.object({
  inputTokens: tokens,
  outputTokens: tokens,
  thoughtTokens: tokens,
  cachedReadTokens: tokens,
  cachedWriteTokens: tokens,
  totalTokens: tokens,
})

export const promptedSchema = z.object({
  stopReason: optional(z.string()),
  usage: optional(usageSchema.nullable()),
  _meta: record,
})

export const steeredSchema = z.object({ outcome: optional(z.string()) }).catch({ outcome: undefined })

const blockSchema = z.looseObject({ type: z.string() })
const statusSchema = z.enum(['pending', 'in_progress', 'completed', 'failed'])

const toolSchema = z.object({
  toolCallId: id,
  title: optional(z.string().nullable()),
  name: optional(z.string().nullable()),
  kind: optional(z.string().nullable()),
  status: optional(statusSchema.nullable()),
  content: optional(z.array(z.looseObject({ type: z.string() })).nullable()),
  locations: optional(
    z
      .array(z.object({ path: z.string(), line: optional(z.number().int().nonnegative().nullable()) }))
      .nullable(),
  ),
  rawInput: z.unknown().optional(),
  _meta: record,
})
/** The call of a tool, or what is new of one. */
export type ToolMessage = z.infer<typeof toolSchema>

const messageSchema = z.object({
  content: blockSchema,
  messageId: optional(z.string().max(1_000).nullable()),
  /** Some agents tell here what a request to their model has used. */
  _meta: optional(z.looseObject({ usage: optional(usageSchema.nullable()) })),
})

export const updateSchema = z.discriminatedUnion('sessionUpdate', [
  messageSchema.extend({ sessionUpdate: z.literal('agent_message_chunk') }),
  messageSchema.extend({ sessionUpdate: z.literal('agent_thought_chunk') }),
  messageSchema.extend({ sessionUpdate: z.literal('user_message_chunk') }),
  toolSchema.extend({ sessionUpdate: z.literal('tool_call') }),
  toolSchema.extend({ sessionUpdate: z.literal('tool_call_update') }),
  z.object({
    sessionUpdate: z.literal('plan'),
    entries: z.array(
      z.object({
        content: z.string(),
        status: z.enum(['pending', 'in_progress', 'completed']).catch('pending'),
      }),
    ),
  }),
  z.object({
    sessionUpdate: z.literal('usage_update'),
    cost: optional(z.object({ amount: z.number().nonnegative(), currency: z.string().max(10) }).nullable()),
  }),
  z.object({
    sessionUpdate: z.literal('session_info_update'),
    /** Codex tells here of an error of its model after which it tries again. */
    _meta: optional(
      z.object({ codex: optional(z.object({ error: optional(z.object({ message: z.string() })) })) }),
    ),
  }),
])
/** What an agent tells of its work, of the kinds that are shown. */
export type Update = z.infer<typeof updateSchema>

/** What every update has: whose it is. Its content is read by {@link updateSchema}, which knows not all kinds. */
export const notificationSchema = z.object({ sessionId: z.string(), update: z.unknown().optional() })

export const permissionSchema = z.object({
  sessionId: z.string(),
  toolCall: toolSchema,
  options: z
    .array(z.object({ optionId: z.string().max(1_000), kind: z.string(), name: z.string().catch('') }))
    .max(100),
  _meta: record,
})
/** What an agent asks to be allowed. */
export type PermissionMessage = z.infer<typeof permissionSchema>

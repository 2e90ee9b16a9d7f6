import { z } from 'zod'
import { agentDefinitionSchema } from '../../adapters/kit/agentDefinition.ts'
import { passEnvSchema } from '../../processes/passEnv.ts'
import { workspaceSettingsSchema } from '../../workspaces/kit/workspaceSettings.ts'

/** Schema of a worker's configuration: which runs it claims, where they work, and which agents work on them. */
export const workerConfigSchema = z.strictObject({
  owner: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('Who owns the runs, as others see it. Default: user@machine.'),
  workflows: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Only runs of these workflows. Default: of any.'),
  labels: z.array(z.string().min(1)).default([]).describe('Only runs that carry all of these labels.'),
  project: z.string().min(1).optional().describe('Only runs of this project.'),
  concurrency: z.int().min(1).max(100).default(1).describe('How many runs at a time.'),
  leaseSeconds: z
    .int()
    .min(5)
    .max(3600)
    .default(30)
    .describe('How long a run is kept from others after its worker was lost, in seconds.'),
  drainSeconds: z
    .number()
    .nonnegative()
    .max(86_400)
    .default(30)
    .describe('How long running phases may continue when the worker is stopped, in seconds.'),
  state: z
    .string()
    .min(1)
    .default('.pawl/sessions')
    .describe('Where agents keep what outlives their worker; the same for all workers of a machine.'),
  passEnv: passEnvSchema
    .default([])
    .describe(
      "Further variables that agents inherit of the worker's environment, by name; `NAME*` for all that begin so.",
    ),
  workspace: workspaceSettingsSchema.prefault({}).describe('Where runs work.'),
  agents: z
    .record(z.string().min(1), agentDefinitionSchema)
    .default({})
    .describe('Who works on phases, by their role; `default` is for any other role.'),
})

/** A worker's configuration, with defaults filled in. */
export type WorkerConfig = z.infer<typeof workerConfigSchema>

import { z } from 'zod'
import { configSchema, flagOf, variableOf } from '../../src/config.ts'
import type { Config } from '../../src/config.ts'
import { workerConfigSchema } from '../../src/worker/config/config.ts'
import { workflowSchema } from '../../src/lifecycle/workflow/workflow.ts'
import { EVENT_PAYLOADS } from '../../src/lifecycle/run/events.ts'
import { describeProperties, type JsonSchema } from './jsonSchema.ts'
import { table } from './markdown.ts'

const schemaOf = (schema: z.ZodType) =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema

/** The settings of the server, and those of a worker. */
export function describeSettings(): string {
  const rows = Object.entries(schemaOf(configSchema).properties ?? {}).map(
    ([name, { description, ...property }]) => {
      const setting = name as keyof Config
      const usual = property.default === undefined ? 'none' : `\`${JSON.stringify(property.default)}\``
      const names = [setting, variableOf(setting), flagOf(setting)].map((name) => `\`${name}\``)
      return [names.join(' '), usual, description ?? '']
    },
  )
  return `# Settings

## Of the server

The name in \`pawl.config.yaml\`, the variable, and the flag of \`pawl serve\`; [how they override one another](../operations.md#settings).

${table(['setting', 'default', 'meaning'], rows)}
## Of a worker

In \`pawl.worker.yaml\`; [what a worker does with them](../worker.md). Those of an agent are below \`agents\`; a preset fills in most of them.

${describeProperties(schemaOf(workerConfigSchema))}`
}

/** The file of a workflow. */
export function describeWorkflowFile(): string {
  return `# Workflow file

What a workflow may say, in YAML, JSON or TypeScript; [how one is written](../workflows.md). The same as JSON Schema, for editors, is in
\`schema/workflow.schema.json\`.

${describeProperties(schemaOf(workflowSchema))}`
}

/** The events of a run. */
export function describeEvents(): string {
  const sections = Object.entries(EVENT_PAYLOADS).map(([type, payload]) => {
    const schema = schemaOf(payload)
    const name = type.replaceAll('.', '_').toUpperCase()
    return `## ${name}\n\n${schema.description ?? ''}\n\n${describeProperties(schema) || 'Its payload is empty.\n'}`
  })
  return `# Events

The log of a run is a list of events, each with an \`id\`, a \`seq\`, a type, a time, an actor and a payload. These are the payloads, by type. As JSON
Schema they are in \`schema/events.schema.json\`, under the names by which they are stored.

${sections.join('\n')}`
}

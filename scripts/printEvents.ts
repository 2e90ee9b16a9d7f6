/**
 * Prints the JSON Schema of every event's payload to schema/events.schema.json, from the zod schemas that the server
 * reads and writes events by:
 *
 * tsx scripts/printEvents.ts [--check]
 *
 * With `--check` nothing is written; it fails if the file is out of date.
 */
import { z } from 'zod'
import { EVENT_PAYLOADS } from '../src/lifecycle/run/events.ts'
import { writeGenerated } from './writeGenerated.ts'

const definitions = Object.entries(EVENT_PAYLOADS).map(([type, payload]) => {
  const { $schema: _dialect, $defs: _json, ...schema } = z.toJSONSchema(payload)
  return [type, admitAny(schema)] as const
})
const printed = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'The payload of each event, by its type',
  $defs: Object.fromEntries(definitions),
}
await writeGenerated('schema/events.schema.json', `${JSON.stringify(printed, null, 2)}\n`)

/**
 * The only recursive shape in payloads is JSON itself, so a reference to it becomes the schema that allows any value.
 */
function admitAny(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema
  if (Array.isArray(schema)) return schema.map((each) => admitAny(each))
  if ('$ref' in schema) return {}
  return Object.fromEntries(Object.entries(schema).map(([key, each]) => [key, admitAny(each)]))
}

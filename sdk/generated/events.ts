// Generated from schema/events.schema.json. Not to be edited.
import type { JsonValue } from '../json.ts'

/** The payload of each event, by the event's type. */
export interface RunEventPayloads {
  readonly [type: string]: JsonValue
}

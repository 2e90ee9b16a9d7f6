import type { AgentFailure } from '../kit/adapter.ts'
import type { Entry } from '../kit/entry.ts'

/** What a reader makes of an agent's events. */
export interface EventSink {
  /** The agent's own session id, from its own first event: what stands in any other may be quoted by it. */
  begin(session: string): void
  report(entry: Entry): void
  /** Something is in progress (or no longer), during which the agent prints nothing. Calls of tools are known by their entries. */
  setBusy(key: string, isBusy: boolean): void
  /** The error that the turn is to be judged by; null where the agent went on after one. */
  fail(failure: AgentFailure | null): void
  /**
   * How much a counter that an agent never sets back has grown since it was last told, also by another process of the same session;
   * undefined where it was not told.
   */
  sinceLast(counter: string, total: number | undefined): number | undefined
}

/** Reads the events of one turn of an agent, each a line of JSON on its standard output. */
export type EventReader = (event: Fields, sink: EventSink) => void

/** An object of JSON whose shape is not known. */
export type Fields = Readonly<Record<string, unknown>>

/** The object at a field; an empty one where there is none. */
export function objectAt(fields: Fields, name: string): Fields {
  const value = fields[name]
  return isFields(value) ? value : {}
}

/** The objects in the list at a field. */
export function listAt(fields: Fields, name: string): Fields[] {
  const value = fields[name]
  return Array.isArray(value) ? value.filter(isFields) : []
}

/** The text at a field; undefined where there is none. */
export function textAt(fields: Fields, name: string): string | undefined {
  const value = fields[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The number at a field; undefined where there is none that counts something. */
export function countAt(fields: Fields, name: string): number | undefined {
  const value = fields[name]
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.round(value) : undefined
}

/** A count with others that it leaves out; undefined where it is not told itself. */
export function sumOf(
  count: number | undefined,
  ...others: readonly (number | undefined)[]
): number | undefined {
  return count === undefined ? undefined : others.reduce<number>((sum, other) => sum + (other ?? 0), count)
}

/** The amount at a field in millionths. */
export function microsAt(fields: Fields, name: string): number | undefined {
  const value = fields[name]
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
    ? Math.round(value * 1_000_000)
    : undefined
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The text of what is a string, or a list of parts with text. */
export function textIn(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .filter(isFields)
    .flatMap((part) => textAt(part, 'text') ?? [])
    .join('\n')
}

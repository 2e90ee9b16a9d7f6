import type { JsonValue } from '@pawl/sdk'
import { readField, readSchemaFields, type SchemaField } from './schemaFields.ts'

/** A placeholder of an input's field in a prompt. */
const FIELD = /\{\{\s*input\.([A-Za-z0-9_-]+)\s*\}\}/g

/**
 * The fields of a run's input: those of the workflow's schema, else what its prompts speak of, which is text, in the order of each.
 */
export function findInputFields(definition: JsonValue | undefined): readonly SchemaField[] {
  const declared = readSchemaFields(definition)
  if (declared) return declared
  const found = JSON.stringify(definition ?? null).matchAll(FIELD)
  const names = new Set([...found].map(([, name = '']) => name))
  return [...names].map((name) => {
    return { name, label: name, hint: '', kind: 'text', choices: [], isRequired: false }
  })
}

/** An input as it was typed, or why it is none. */
export type TypedInput =
  | { readonly ok: true; readonly input: JsonValue | undefined }
  | { readonly ok: false; readonly problem: string }

/**
 * The input of a form: the fields, and JSON with what else there is. A field that was left empty is left out; without fields the JSON
 * may be anything.
 */
export function readInput(
  fields: readonly SchemaField[],
  typed: Readonly<Record<string, string>>,
  json: string,
): TypedInput {
  const given = fields.flatMap((field) => {
    const value = readField(field, typed[field.name] ?? '')
    return value === undefined ? [] : [[field.name, value] as const]
  })
  let rest: JsonValue | undefined
  try {
    rest = json.trim() === '' ? undefined : (JSON.parse(json) as JsonValue)
  } catch {
    return { ok: false, problem: 'The input is not JSON.' }
  }
  if (given.length === 0) return { ok: true, input: rest }
  if (rest === undefined) return { ok: true, input: Object.fromEntries(given) }
  if (!isObject(rest)) return { ok: false, problem: 'Beside fields, the input has to be a JSON object.' }
  return { ok: true, input: { ...rest, ...Object.fromEntries(given) } }
}

function isObject(value: JsonValue): value is { readonly [name: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

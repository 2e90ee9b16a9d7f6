import type { Approval, JsonValue } from '@pawl/sdk'
import { UsageError } from '../kit/exitCodes.ts'
import { readJson } from '../kit/options.ts'

/** One field of a question's schema, as far as the command line needs it. */
export interface AnswerField {
  readonly name: string
  readonly type: string
  readonly title: string | undefined
  readonly choices: readonly string[] | undefined
  readonly isRequired: boolean
}

/** The value of a field. */
type Value = string | number | boolean

/** The fields that a question asks for; none if it is no QUESTION, or its schema is unknown to this version. */
export function answerFields({ answerSchema }: Pick<Approval, 'answerSchema'>): readonly AnswerField[] {
  const { properties, required } = toObject(answerSchema)
  const isRequired = new Set(Array.isArray(required) ? required : [])
  return Object.entries(toObject(properties)).map(([name, field]) => {
    const { type, title, enum: choices } = toObject(field)
    return {
      name,
      type: typeof type === 'string' ? type : 'string',
      title: typeof title === 'string' ? title : undefined,
      choices: Array.isArray(choices) ? choices.map(String) : undefined,
      isRequired: isRequired.has(name),
    }
  })
}

type JsonObject = { readonly [key: string]: JsonValue | undefined }

function toObject(value: JsonValue | undefined): JsonObject {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as JsonObject) : {}
}

/**
 * The answer that was given on the command line: a JSON object, the value of the only field, or `field=value` for each.
 *
 * @throws UsageError
 */
export function readAnswer(fields: readonly AnswerField[], given: readonly string[]): Record<string, Value> {
  const [first = '', ...others] = given
  if (others.length === 0 && first.trimStart().startsWith('{'))
    return readJson(first, '--answer') as Record<string, Value>
  const [only, ...more] = fields
  if (only && more.length === 0 && others.length === 0 && !first.startsWith(`${only.name}=`))
    return { [only.name]: toValue(only, first) }
  return Object.fromEntries(
    given.map((each) => {
      const at = each.indexOf('=')
      const field = fields.find(({ name }) => name === each.slice(0, at))
      const names = fields.map(({ name }) => `--answer ${name}=…`).join(' ')
      if (at < 0 || !field) throw new UsageError(`answer with ${names}, or with a JSON object`)
      return [field.name, toValue(field, each.slice(at + 1))]
    }),
  )
}

/**
 * The value of a field that was typed as text; the server says whether the schema admits it.
 *
 * @throws UsageError if it is no value of the field's type
 */
export function toValue({ name, type }: AnswerField, text: string): Value {
  if (type === 'boolean') {
    if (/^(true|y|yes)$/i.test(text.trim())) return true
    if (/^(false|n|no)$/i.test(text.trim())) return false
    throw new UsageError(`${name} is yes or no, not ${text}`)
  }
  if (type !== 'number' && type !== 'integer') return text
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new UsageError(`${name} is a number, not ${text}`)
  return value
}

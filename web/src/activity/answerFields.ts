import type { Approval, JsonValue } from '@pawl/sdk'

/** One field that a question asks for, as a form shows it. */
export interface AnswerField {
  readonly name: string
  readonly kind: 'text' | 'choice' | 'number' | 'flag'
  readonly title: string
  readonly description: string | undefined
  readonly choices: readonly string[]
  readonly isRequired: boolean
  /** What the form shows first, as it is typed. */
  readonly initial: string
}

type JsonObject = { readonly [key: string]: JsonValue | undefined }

function toObject(value: JsonValue | undefined): JsonObject {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as JsonObject) : {}
}

/** The fields of a question's schema, in its order; none for other approvals. */
export function answerFields({ answerSchema }: Pick<Approval, 'answerSchema'>): readonly AnswerField[] {
  const { properties, required } = toObject(answerSchema)
  const isRequired = new Set(Array.isArray(required) ? required : [])
  return Object.entries(toObject(properties)).map(([name, field]) => {
    const { type, title, description, enum: choices, default: initial } = toObject(field)
    return {
      name,
      kind: kindOf(type, choices),
      title: typeof title === 'string' ? title : name,
      description: typeof description === 'string' ? description : undefined,
      choices: Array.isArray(choices) ? choices.map(String) : [],
      isRequired: isRequired.has(name),
      initial: typeof initial === 'object' ? '' : String(initial ?? ''),
    }
  })
}

function kindOf(type: JsonValue | undefined, choices: JsonValue | undefined): AnswerField['kind'] {
  if (Array.isArray(choices)) return 'choice'
  if (type === 'boolean') return 'flag'
  return type === 'number' || type === 'integer' ? 'number' : 'text'
}

/** The answer of a form: fields that were left empty are left out, and the server says whether they are missed. */
export function toAnswer(
  fields: readonly AnswerField[],
  typed: Readonly<Record<string, string>>,
): Record<string, string | number | boolean> {
  const given = fields
    .map((field) => ({ ...field, text: typed[field.name] ?? field.initial }))
    .filter(({ text }) => text !== '')
  return Object.fromEntries(given.map(({ name, kind, text }) => [name, toValue(kind, text)]))
}

/** A number that is none is sent as it was typed: the server says so. */
function toValue(kind: AnswerField['kind'], text: string): string | number | boolean {
  if (kind === 'flag') return text === 'true'
  return kind === 'number' && Number.isFinite(Number(text)) ? Number(text) : text
}

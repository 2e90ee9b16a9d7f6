import { z } from 'zod'
import type { PermissionKind } from './enums.ts'

/**
 * What is asked in the middle of a turn: the action that a PERMISSION is about, and the answers that a QUESTION admits.
 * A schema is a flat JSON Schema of one object: strings, numbers, booleans and choices, no patterns and no references,
 * so that checking an answer takes bounded time and any form can show it.
 */

/** The action that a permission is asked for, as far as a lasting permission is bound to it. */
export interface Permission {
  readonly kind: PermissionKind
  /** The program, the tool or the host; null: none. */
  readonly program: string | null
  /** The file or folder; null: none. */
  readonly path: string | null
}

const label = z.string().max(500).optional()
const described = { title: label, description: z.string().max(2_000).optional() }
const length = z.int().nonnegative().max(100_000).optional()
const bound = z.number().optional()

const textField = z.strictObject({
  ...described,
  type: z.literal('string'),
  minLength: length,
  maxLength: length,
  default: z.string().max(10_000).optional(),
})
const choiceField = z.strictObject({
  ...described,
  type: z.literal('string'),
  enum: z
    .array(z.string().max(500))
    .min(1)
    .max(100)
    .refine((choices) => new Set(choices).size === choices.length, 'names a choice twice'),
  default: z.string().max(500).optional(),
})
const numberField = z.strictObject({
  ...described,
  type: z.enum(['number', 'integer']),
  minimum: bound,
  maximum: bound,
  default: z.number().optional(),
})
const flagField = z.strictObject({
  ...described,
  type: z.literal('boolean'),
  default: z.boolean().optional(),
})
const answerField = z.union([choiceField, textField, numberField, flagField])

const fieldName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/, 'is no name of a field: letters, digits, _ and -, at most 64')
  .refine((name) => !(name in Object.prototype), 'is no name that a field may have')

const MAX_FIELDS = 20

/** The answers that a question admits: an object with these fields. */
export const answerSchemaSchema = z
  .strictObject({
    type: z.literal('object'),
    properties: z
      .record(fieldName, answerField)
      .refine((fields) => Object.keys(fields).length > 0, 'has no fields')
      .refine((fields) => Object.keys(fields).length <= MAX_FIELDS, `has more than ${MAX_FIELDS} fields`),
    required: z.array(z.string()).max(MAX_FIELDS).optional(),
  })
  .superRefine(({ properties, required = [] }, context) => {
    const report = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message })
    for (const [index, name] of required.entries())
      if (!Object.hasOwn(properties, name)) report(['required', index], `names no field: ${name}`)
    for (const [name, field] of Object.entries(properties)) {
      if (isOutOfOrder(field)) report(['properties', name], 'admits no value')
      else if (field.default !== undefined) {
        const problem = findProblem(field, field.default)
        if (problem !== null) report(['properties', name, 'default'], problem)
      }
    }
  })
export type AnswerSchema = z.infer<typeof answerSchemaSchema>
export type AnswerField = z.infer<typeof answerField>

/** The value of one field of an answer. */
export type AnswerValue = string | number | boolean

/** A person's answer to a question: a value for each field that was filled in. */
export type Answer = { readonly [field: string]: AnswerValue }

/** The shape of every answer. */
export const answerShape = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))

/** The schema of a question that admits any text. */
export const ANY_TEXT: AnswerSchema = {
  type: 'object',
  properties: { answer: { type: 'string' } },
  required: ['answer'],
}

/** A mistake in an answer: the field, and a message. */
export interface AnswerProblem {
  readonly field: string
  readonly message: string
}

/** Returns what is wrong with an answer; empty if the schema admits it. */
export function checkAnswer({ properties, required = [] }: AnswerSchema, answer: Answer): AnswerProblem[] {
  const missing = required
    .filter((name) => !Object.hasOwn(answer, name))
    .map((field) => ({ field, message: 'is required' }))
  const wrong = Object.entries(answer).flatMap(([name, value]) => {
    const field = Object.hasOwn(properties, name) ? properties[name] : undefined
    const message = field ? findProblem(field, value) : 'is not asked for'
    return message === null ? [] : [{ field: name, message }]
  })
  return [...missing, ...wrong]
}

function findProblem(field: AnswerField, value: AnswerValue): string | null {
  switch (field.type) {
    case 'boolean':
      return typeof value === 'boolean' ? null : 'is no true or false'
    case 'string':
      if (typeof value !== 'string') return 'is no text'
      return 'enum' in field ? findChoiceProblem(field.enum, value) : findTextProblem(field, value)
    case 'number':
    case 'integer':
      if (typeof value !== 'number' || !Number.isFinite(value)) return 'is no number'
      if (field.type === 'integer' && !Number.isSafeInteger(value)) return 'is no whole number'
      if (value < (field.minimum ?? -Infinity)) return `is below ${field.minimum}`
      return value > (field.maximum ?? Infinity) ? `is above ${field.maximum}` : null
  }
}

function findChoiceProblem(choices: readonly string[], value: string): string | null {
  return choices.includes(value) ? null : `is none of ${choices.join(', ')}`
}

/** Counts code points: an emoji may be several. */
function countCharacters(text: string): number {
  let count = 0
  for (const _ of text) count += 1
  return count
}

/** The longest text that may be answered where the schema sets no limit. */
const MAX_TEXT = 10_000

function findTextProblem(
  { minLength = 0, maxLength = MAX_TEXT }: z.infer<typeof textField>,
  value: string,
): string | null {
  // characters, as JSON Schema counts them
  const count = countCharacters(value)
  if (count < minLength) return `is shorter than ${minLength}`
  return count > Math.min(maxLength, MAX_TEXT) ? `is longer than ${Math.min(maxLength, MAX_TEXT)}` : null
}

/** True for bounds between which nothing lies. */
function isOutOfOrder(field: AnswerField): boolean {
  if (field.type === 'number' || field.type === 'integer')
    return (field.minimum ?? -Infinity) > (field.maximum ?? Infinity)
  return 'minLength' in field && (field.minLength ?? 0) > Math.min(field.maxLength ?? MAX_TEXT, MAX_TEXT)
}

/** True if two permissions are about the same action. */
export function isSamePermission(one: Permission, other: Permission): boolean {
  return one.kind === other.kind && one.program === other.program && one.path === other.path
}

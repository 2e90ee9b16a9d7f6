import type { InputFieldMap } from '@pothos/core'
import { z } from 'zod'
import { type IdKind, ID_PREFIXES, isId } from '../../commands/kit/ids.ts'
import type { InputIssue } from '../../lifecycle/run/refusals.ts'
import type { Json } from '../../lifecycle/run/run.ts'
import { LEASE_SECONDS } from '../../lifecycle/run/settings.ts'
import { builder } from './builder.ts'
import { checkJson } from './checkJson.ts'
import { composeText, isStorable } from '../../text/composeText.ts'

/**
 * Inputs are declared once: each field with its GraphQL type, its description and its valid values. The GraphQL input
 * type and the validation are derived from that, so that an invalid value always results in InvalidInput, never in an
 * internal error.
 */

/** A field of an input. */
export interface InputField<Out> {
  readonly type: unknown
  readonly required: boolean
  readonly defaultValue: unknown
  readonly description: string
  readonly schema: z.ZodType<Out>
}

/** An input: its GraphQL type, and its validation. */
export interface Input<Out> {
  readonly description: string
  readonly ref: ReturnType<typeof builder.inputType>
  readonly schema: z.ZodType<Out>
}

type Fields = { readonly [name: string]: InputField<unknown> }
type OutputOf<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends InputField<infer Out> ? Out : never
}

/** Declares an input type. */
export function defineInput<F extends Fields>(
  name: string,
  description: string,
  fields: F,
): Input<OutputOf<F>> {
  return declare(name, { description }, fields)
}

/** Declares an input type of which exactly one field is given: GraphQL refuses every other input. */
export function defineOneOf<F extends Fields>(
  name: string,
  description: string,
  fields: F,
): Input<OutputOf<F>> {
  return declare(name, { description, isOneOf: true }, fields)
}

function declare<F extends Fields>(
  name: string,
  options: { readonly description: string; readonly isOneOf?: true },
  fields: F,
): Input<OutputOf<F>> {
  const ref = builder.inputType(name, {
    ...options,
    fields: (t) =>
      Object.fromEntries(
        Object.entries(fields).map(([key, { type, required, defaultValue, description: text }]) => [
          key,
          t.field({ type, required, defaultValue, description: text } as Parameters<typeof t.field>[0]),
        ]),
      ) as InputFieldMap,
  })
  const shape = Object.fromEntries(Object.entries(fields).map(([key, { schema }]) => [key, schema]))
  return {
    description: options.description,
    ref,
    schema: z.object(shape) as unknown as z.ZodType<OutputOf<F>>,
  }
}

/** Validates an input; returns the parsed input, or every mistake with its path. */
export function readInput<Out>(
  schema: z.ZodType<Out>,
  value: unknown,
): { readonly ok: true; readonly input: Out } | { readonly ok: false; readonly issues: InputIssue[] } {
  const parsed = schema.safeParse(value)
  if (parsed.success) return { ok: true, input: parsed.data }
  const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.map(String), message }))
  return { ok: false, issues }
}

/** Declares an optional field; null equals leaving it out. */
export function field<Out>(
  type: unknown,
  schema: z.ZodType<Out>,
  description: string,
): InputField<Out | null | undefined> {
  return { type, required: false, defaultValue: undefined, description, schema: schema.nullish() }
}

/** Makes a field required. */
export function required<Out>(optional: InputField<Out>): InputField<NonNullable<Out>> {
  const schema = optional.schema as unknown as z.ZodOptional<z.ZodNullable<z.ZodType<NonNullable<Out>>>>
  return { ...optional, required: true, schema: schema.unwrap().unwrap() }
}

/** Gives a field a default for when it is left out, or null; GraphQL refuses null where the field is a Boolean. */
export function defaulted<Out>(
  optional: InputField<Out>,
  value: NonNullable<Out>,
): InputField<NonNullable<Out>> {
  const schema = optional.schema.transform((given) => given ?? value) as unknown as z.ZodType<
    NonNullable<Out>
  >
  return { ...optional, required: optional.type === 'Boolean', defaultValue: value, schema }
}

/**
 * Text with a maximum length in UTF-16 units that can be stored and displayed: without NUL and without lone
 * surrogates.
 */
const soundText = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => isStorable(text), {
      message: 'holds a NUL character or half of a character',
      // too long a text is not checked further
      when: ({ issues }) => issues.length === 0,
    })

/** Text of any length unless bounded; the command itself checks whether it is too long. */
export const content = (description: string, max = Number.MAX_SAFE_INTEGER) =>
  field('String', soundText(max), description)

/** A name on one line: without control characters, and not blank. */
export const nameSchema = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Surrogate}]*$/u, 'holds control characters or half of a character')
    .regex(/^$|\P{White_Space}/u, 'is blank')

/** Free text, with a maximum length in UTF-16 units. */
export const text = (max: number, description: string) => field('String', soundText(max), description)

/** Free text that is not empty. */
export const nonEmptyText = (max: number, description: string) =>
  field('String', soundText(max).min(1), description)

/** A name. */
export const name = (description: string, max = 200) => field('String', nameSchema(max), description)

/** A list of distinct names. */
export const names = (description: string, { max = 200, maxItems = 50 } = {}) =>
  field(
    ['String'],
    z
      .array(nameSchema(max))
      .max(maxItems)
      .transform((list) => [...new Set(list)]),
    description,
  )

/** A list of texts, each with a maximum length in UTF-16 units. */
export const texts = (
  description: string,
  { max, maxItems }: { readonly max: number; readonly maxItems: number },
) => field(['String'], z.array(soundText(max)).max(maxItems), description)

/**
 * An id that names something. One that is malformed names nothing, like one that does not exist: both are looked up,
 * and not found.
 */
export const id = (description: string) => field('ID', z.string().transform(toLookedUp), description)

/** The id of what a command or a filter is about, with the form of such an id. */
export const idOf = (kind: IdKind, description: string) =>
  id(`${description}, by its id \`${ID_PREFIXES[kind]}_…\`.`)

/** An id as it is looked up: text that a statement takes. A well-formed one is unchanged. */
export const toLookedUp = (given: string): string => composeText(given, { max: 100 })

/** An id that is kept, and not looked up. */
export const keptId = (kind: IdKind, description: string) => field('ID', idSchema(kind), description)

/** A well-formed id of one kind. */
export const idSchema = (kind: IdKind) =>
  z
    .string()
    .refine((text) => isId(kind, text), `is not an id of this kind, which begins with ${ID_PREFIXES[kind]}_`)

/** A whole number. */
export const int = (min: number, max: number, description: string) =>
  field('Int', z.int().min(min).max(max), description)

export const flag = (description: string) => field('Boolean', z.boolean(), description)

/** A point in time, in milliseconds. */
export const instant = (description: string) =>
  field(
    'DateTime',
    z.date().transform((date) => date.getTime()),
    description,
  )

/** JSON of limited size and depth. */
export const json = (description: string) =>
  field('JSON', z.unknown().superRefine(checkJson) as unknown as z.ZodType<Json>, description)

/** One value of a list of words. */
export const oneOf = <const Words extends readonly [string, ...string[]]>(
  ref: unknown,
  allowed: Words,
  description: string,
) => field(ref, z.enum(allowed), description)

/** A number that may be larger than an Int, and is whole. */
export const wholeNumber = (description: string) =>
  field('Float', z.number().int().min(0).max(Number.MAX_SAFE_INTEGER), description)

/** Several values of a list of words. */
export const listOf = <const Words extends readonly [string, ...string[]]>(
  ref: unknown,
  allowed: Words,
  description: string,
) => field([ref], z.array(z.enum(allowed)).max(allowed.length), description)

/** A list of another input, with a maximum length. */
export const listed = <Out>(input: Input<Out>, maxItems: number, description: string) =>
  field([input.ref], z.array(input.schema).max(maxItems), description)

/** Another input as a field. */
export const nested = <Out>(input: Input<Out>, description: string) =>
  field(input.ref, input.schema, description)

/** The largest Int of GraphQL. */
export const MAX_INT = 2_147_483_647

/** Fields shared by many inputs. */
export const runId = required(idOf('run', 'Which run the command is sent for'))
export const fence = int(
  0,
  MAX_INT,
  'The fence of your claim. Only an AGENT token, which carries it, may omit it.',
)
export const requiredFence = required(int(0, MAX_INT, 'The fence of your claim.'))
export const ifRevision = int(
  0,
  MAX_INT,
  'Refuses the command unless the run that it is about is at this revision.',
)
export const seconds = (description: string) => int(1, 366 * 86_400, description)
export const comment = text(10_000, 'A comment; kept in the log.')
export const idempotencyKey = name(
  'Any text that you choose, at most 200 characters. A request with a used key and the same input returns the first result and changes nothing.',
)

const { min, max } = LEASE_SECONDS
export const leaseSeconds = field(
  'Int',
  z.int().refine((value) => value === 0 || (value >= min && value <= max), `must be ${min} to ${max}, or 0`),
  `How long the lease lasts, in seconds: ${min} to ${max}; 0: a claim without a lease, for agents that report for themselves.`,
)

import {
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
} from 'graphql'
import { expect, it } from 'vitest'
import { schema } from '../../../src/graphql/schema.ts'

/** Something that has a description, and the names that a reader sees beside it: its own, its type's and its owner's. */
interface Described {
  readonly place: string
  readonly description: string | null | undefined
  readonly beside: readonly string[]
}

const DESCRIBED: readonly Described[] = Object.values(schema.getTypeMap())
  .filter((type) => !isIntrospectionType(type))
  .flatMap((type) => [
    { place: type.name, description: type.description, beside: [type.name] },
    ...partsOf(type),
  ])

function partsOf(type: GraphQLNamedType): Described[] {
  const part = (name: string, description: string | null | undefined, ...beside: string[]): Described => ({
    place: `${type.name}.${name}`,
    description,
    beside: [type.name, name, ...beside],
  })
  if (isEnumType(type)) return type.getValues().map(({ name, description }) => part(name, description))
  if (isInputObjectType(type))
    return Object.values(type.getFields()).map((field) =>
      part(field.name, field.description, String(field.type)),
    )
  if (!isObjectType(type) && !isInterfaceType(type)) return []
  return Object.values(type.getFields()).flatMap((field) => [
    part(field.name, field.description, String(field.type)),
    ...field.args.map((arg) =>
      part(`${field.name}(${arg.name}:)`, arg.description, String(arg.type), field.name),
    ),
  ])
}

/** Words that say nothing of what is described. */
const EMPTY = new Set(
  `a about all an and any are as at be been being by each every for from had has have he her him his how i id in is it its of
  on one ones or kind she status than that the their them these they this those to was were what when where which who whom why
  with you your`.split(/\s+/),
)

/** The words of a text or a name, each without its ending, so that `created` and `createdAt` are one. */
function wordsOf(text: string): string[] {
  const words = text
    .replaceAll(/(?<=[a-z\d])(?=[A-Z])/g, ' ')
    .toLowerCase()
    .match(/[a-z]+/g)
  return (words ?? [])
    .filter((word) => !EMPTY.has(word))
    .map((word) => word.replace(/(?<=\w{3})(?:ations?|ions?|ings?|ies|ied|ers?|ors?|ed|es|e|s|d)$/, ''))
}

function isRepetition({ description, beside }: Described): boolean {
  const known = new Set(beside.flatMap(wordsOf))
  return wordsOf(description ?? '').every((word) => known.has(word))
}

it('tells a description that says something from one that repeats a name', () => {
  const described = (description: string) => ({
    place: '',
    description,
    beside: ['Run', 'createdAt', 'DateTime'],
  })
  for (const text of ['', 'When it was created.', 'The time at which the run was created.'])
    expect(isRepetition(described(text))).toBe(true)
  for (const text of ['When it was started, which never changes.', "By the database's clock."])
    expect(isRepetition(described(text))).toBe(false)
})

it('every description says more than the names beside it', () => {
  expect(DESCRIBED.length).toBeGreaterThan(1_800)
  expect(DESCRIBED.filter(isRepetition).map(({ place, description }) => `${place}: ${description}`)).toEqual(
    [],
  )
})

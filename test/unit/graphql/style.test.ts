import { getNamedType, getNullableType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql'
import { expect, it } from 'vitest'
import { schema } from '../../../src/graphql/schema.ts'

/** Every field, argument and field of an input, by the name that it has among those of its kind. */
const NAMED = Object.values(schema.getTypeMap()).flatMap((type) => {
  if (type.name.startsWith('__')) return []
  if (isInputObjectType(type))
    return Object.values(type.getFields()).map((field) => ({ place: `${type.name}.${field.name}`, ...field }))
  if (!isObjectType(type) && !isInterfaceType(type)) return []
  return Object.values(type.getFields()).flatMap((field) => [
    { place: `${type.name}.${field.name}`, name: field.name, type: field.type },
    ...field.args.map((arg) => ({ place: `${type.name}.${field.name}(${arg.name}:)`, ...arg })),
  ])
})

const placesOf = (typeName: string) =>
  NAMED.filter(({ type }) => getNamedType(type).name === typeName && !String(type).includes('['))

/**
 * The names of times that end in another way: `asOf` is when an answer was read, which is not a time of what it shows; the
 * bounds of a range of times stand under the name of the time that they narrow, as in `createdAt: { after, before }`.
 */
const OTHER_TIMES = ['asOf', 'after', 'before']

it('a Boolean begins with is, has or can, in fields, arguments and inputs', () => {
  const booleans = placesOf('Boolean')
  expect(booleans.length).toBeGreaterThan(50)
  expect(booleans.filter(({ name }) => !/^(?:is|has|can)[A-Z]/.test(name)).map(({ place }) => place)).toEqual(
    [],
  )
})

it('a time ends with At, in fields, arguments and inputs', () => {
  const times = [...placesOf('DateTime'), ...placesOf('TimeRange')]
  expect(times.length).toBeGreaterThan(40)
  const others = times.filter(({ name }) => !/(?:^at|At)$/.test(name) && !OTHER_TIMES.includes(name))
  expect(others.map(({ place }) => place)).toEqual([])
})

it('a duration ends with its unit, and nothing else does', () => {
  const numbers = NAMED.filter(({ type }) => ['Int', 'Float'].includes(String(getNullableType(type))))
  const durations = numbers.filter(({ name }) =>
    /(?:seconds|ms|minutes|hours|days|timeout|duration)$/i.test(name),
  )
  expect(durations.length).toBeGreaterThan(8)
  expect(durations.filter(({ name }) => !/(?:Seconds|Ms)$/.test(name)).map(({ place }) => place)).toEqual([])
})

it('a subscription says in the past tense what it tells of', () => {
  const subscriptions = Object.keys(schema.getSubscriptionType()?.getFields() ?? {})
  expect(subscriptions.length).toBeGreaterThan(5)
  expect(subscriptions.filter((name) => !name.endsWith('ed'))).toEqual([])
})

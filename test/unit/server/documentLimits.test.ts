import { readdirSync, readFileSync } from 'node:fs'
import { getIntrospectionQuery, GraphQLError } from 'graphql'
import { describe, expect, it } from 'vitest'
import { parseWithinLimits } from '../../../src/server/engine/documentLimits.ts'

const refusalOf = (text: string): string => {
  try {
    parseWithinLimits(text)
  } catch (error) {
    expect(error).toBeInstanceOf(GraphQLError)
    return `${String((error as GraphQLError).extensions['code'])}: ${(error as GraphQLError).message}`
  }
  throw new Error('was parsed')
}

const aliases = (count: number, field: string) =>
  Array.from({ length: count }, (_, i) => `a${i}: ${field}`).join(' ')

describe('parseWithinLimits', () => {
  it('lets pass what GraphiQL and every operation of the SDK ask', () => {
    const folder = new URL('../../../schema/operations/', import.meta.url)
    const operations = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'))
    const introspection = getIntrospectionQuery({
      inputValueDeprecation: true,
      specifiedByUrl: true,
      oneOf: true,
    })
    for (const text of [introspection, ...operations]) expect(parseWithinLimits(text).kind).toBe('Document')
  })

  it('refuses many tokens before it has parsed them', () => {
    expect(refusalOf(`{ ${'a '.repeat(4000)} }`)).toContain('tokens')
  })

  it('refuses long documents', () => {
    expect(refusalOf(`# ${'x'.repeat(100_001)}\n{ a }`)).toContain('DOCUMENT_TOO_LARGE: ')
  })

  it('refuses deep nesting, also through fragments', () => {
    expect(refusalOf(`{ ${'a { '.repeat(21)} b ${'} '.repeat(21)} }`)).toContain('depth')
    const fragments = Array.from({ length: 22 }, (_, i) => `fragment F${i} on T { a { ...F${i + 1} } }`).join(
      ' ',
    )
    expect(refusalOf(`{ ...F0 } ${fragments} fragment F22 on T { b }`)).toContain('depth')
  })

  it('refuses many operations in one by aliases', () => {
    expect(refusalOf(`mutation { ${aliases(21, 'sweep')} }`)).toContain('rootFields 21')
    expect(refusalOf(`mutation { ...A ...A } fragment A on M { ${aliases(11, 'sweep')} }`)).toContain(
      'rootFields 22',
    )
  })

  it('refuses fragments that multiply, without multiplying them', () => {
    const levels = Array.from(
      { length: 40 },
      (_, i) => `fragment F${i} on T { x { ...F${i + 1} } y { ...F${i + 1} } }`,
    )
    expect(refusalOf(`{ ...F0 } ${levels.join(' ')} fragment F40 on T { z }`)).toContain('DOCUMENT_TOO_LARGE')
  })

  it('refuses aliased introspection of everything', () => {
    const text = `{ __schema { types { fields { args { ${aliases(500, 'name')} } } } } }`
    expect(refusalOf(text)).toContain('introspection')
  })

  it('leaves fragments in a circle to validation', () => {
    expect(parseWithinLimits('{ ...A } fragment A on Q { ...B } fragment B on Q { ...A }').kind).toBe(
      'Document',
    )
  })

  it('tells syntax errors as such', () => {
    expect(refusalOf('{ a')).toContain('Syntax Error')
  })
})

import { readdirSync, readFileSync } from 'node:fs'
import { buildSchema, isUnionType } from 'graphql'
import { expect, it } from 'vitest'

const schema = buildSchema(readFileSync('schema/schema.graphql', 'utf8'))
const FILES = ['sdk/client.ts', ...readdirSync('sdk/client').map((name) => `sdk/client/${name}`)]

/** A docstring, the method it stands before, and the result that this answers with. */
const METHOD =
  /\/\*\*((?:(?!\*\/)[\s\S])*?)\*\/\n {2}(?:async )?(\w+)\((?:(?!\n {2}\})[\s\S])*?Promise<\s*t\.(\w+Result)>/g

/** The refusals among the members of a result. */
function problemsOf(result: string): string[] {
  const union = schema.getType(result)
  if (!isUnionType(union)) throw new Error(`${result} is no union`)
  const names = union.getTypes().map(({ name }) => name)
  return names.filter((name) => !name.endsWith('Success'))
}

const METHODS = FILES.flatMap((file) =>
  Array.from(readFileSync(file, 'utf8').matchAll(METHOD), ([, doc = '', name = '', result = '']) => ({
    method: `${file} ${name}`,
    doc: doc.replaceAll(/\n\s*\* ?/g, ' '),
    result,
  })),
)

it('finds the methods that answer with a result', () => {
  expect(METHODS.length).toBeGreaterThanOrEqual(40)
})

it.each(METHODS)('the docstring of $method names what it can be refused with', ({ doc, result }) => {
  const [, list = ''] = /Problems: (.*?)\.\s*$/.exec(doc) ?? []
  expect(list.replaceAll('`', '').split(/,\s*/)).toEqual(problemsOf(result))
})

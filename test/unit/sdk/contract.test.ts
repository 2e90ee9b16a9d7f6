import { readFileSync, readdirSync } from 'node:fs'
import {
  Kind,
  buildSchema,
  getNamedType,
  isInterfaceType,
  isUnionType,
  parse,
  print,
  separateOperations,
  visit,
  TypeInfo,
  visitWithTypeInfo,
} from 'graphql'
import type { DocumentNode, SelectionSetNode } from 'graphql'
import { describe, expect, it } from 'vitest'
import { writeDocuments } from '../../../scripts/sdkDocuments.ts'
import { writeEventTypes } from '../../../scripts/sdkEvents.ts'
import * as documents from '../../../sdk/generated/graphql.ts'
import { createWriter } from '../../../sdk/kit/document.ts'

const root = new URL('../../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')

const schema = buildSchema(read('schema/schema.graphql'))
const files = readdirSync(new URL('schema/operations', root)).map((name) =>
  parse(read(`schema/operations/${name}`)),
)
const operations: DocumentNode = {
  kind: Kind.DOCUMENT,
  definitions: files.flatMap((file) => file.definitions),
}

/** What a document defines, in no order. */
const definitionsOf = (document: DocumentNode) => document.definitions.map((each) => print(each)).toSorted()

/** The refusal that carries another one, which the fragment of all refusals can't spread within itself. */
const NESTED = { type: 'StepRefused', field: 'refusal' }

/** Asked for one by one. */
const COVERED_OTHERWISE = ['nodes']

describe('the SDK’s operations', () => {
  it('ask for every field the server offers', () => {
    const used = new Set<string>()
    for (const definition of operations.definitions) {
      if (definition.kind !== Kind.OPERATION_DEFINITION) continue
      for (const field of definition.selectionSet.selections)
        if (field.kind === Kind.FIELD) used.add(field.name.value)
    }
    const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
    const offered = roots.flatMap((type) => Object.keys(type?.getFields() ?? {}))
    expect([...new Set([...used, ...COVERED_OTHERWISE])].toSorted()).toEqual(offered.toSorted())
  })

  it('tell every result’s type, its success, and every refusal by the one fragment of all', () => {
    const info = new TypeInfo(schema)
    const results: string[] = []
    visit(
      operations,
      visitWithTypeInfo(info, {
        Field(field) {
          const type = getNamedType(info.getType())
          if (!isUnionType(type) || !type.name.endsWith('Result')) return
          const { selections } = field.selectionSet ?? { selections: [] }
          const names = selections.map((selection) =>
            selection.kind === Kind.INLINE_FRAGMENT
              ? selection.typeCondition?.name.value
              : selection.name.value,
          )
          const [success] = type.getTypes()
          const nested = type.getTypes().some(({ name }) => name === NESTED.type) ? [NESTED.type] : []
          expect([type.name, ...names]).toEqual([
            type.name,
            '__typename',
            success?.name,
            ...nested,
            'Refusal',
          ])
          results.push(type.name)
        },
      }),
    )
    expect(results.length).toBeGreaterThan(20)
  })

  it('select of every refusal all that it carries', () => {
    const fragment = operations.definitions.find(
      (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === 'Refusal',
    )
    const selected = fragment?.kind === Kind.FRAGMENT_DEFINITION ? fragment.selectionSet.selections : []
    const namesOf = (set: SelectionSetNode) =>
      set.selections.flatMap((each) => (each.kind === Kind.FIELD ? [each.name.value] : []))
    const told = new Map(
      selected.flatMap((each) =>
        each.kind === Kind.INLINE_FRAGMENT
          ? [[each.typeCondition?.name.value, namesOf(each.selectionSet)] as const]
          : [],
      ),
    )
    const problem = schema.getType('Problem')
    const problems = isInterfaceType(problem) ? schema.getPossibleTypes(problem) : []
    expect(problems.length).toBeGreaterThan(25)
    const shared = ['code', 'message', 'run', NESTED.field]
    for (const { name, ...type } of problems.map((each) => ({ name: each.name, fields: each.getFields() })))
      expect([name, ...(told.get(name) ?? [])].toSorted()).toEqual(
        [name, ...Object.keys(type.fields).filter((field) => !shared.includes(field))].toSorted(),
      )
  })
})

describe('generated documents', () => {
  it('append each fragment they use once, those of fragments too', () => {
    const text = `
      query B { b { ...Outer ...Inner } }
      fragment Outer on B { o ...Inner }
      fragment Inner on B { i(text: "it's") }
      fragment Unused on B { u }`
    expect(writeDocuments(parse(text))).toBe(
      [
        'const documents = /* @__PURE__ */ createWriter({',
        `  Inner: 'B{i(text:"it\\'s")}',`,
        `  Outer: 'B{o ...Inner}',`,
        `  Unused: 'B{u}',`,
        '})\n',
        `export const BDocument = /* @__PURE__ */ documents.operation<BQuery, BQueryVariables>('query B{b{...Outer ...Inner}}')\n`,
      ].join('\n'),
    )
    const fragments = { Inner: `B{i(text:"it's")}`, Outer: 'B{o ...Inner}', Unused: 'B{u}' }
    expect(createWriter(fragments).operation('query B{b{...Outer ...Inner}}')).toBe(
      `query B{b{...Outer ...Inner}}fragment Outer on B{o ...Inner}fragment Inner on B{i(text:"it's")}`,
    )
  })

  it('are the operations, each with the fragments that it uses', () => {
    const written = Object.entries(documents).map(([name, text]) => [name, definitionsOf(parse(text))])
    const expected = Object.entries(separateOperations(operations)).map(([name, document]) => [
      `${name}Document`,
      definitionsOf(document),
    ])
    expect(expected.length).toBeGreaterThan(50)
    expect(Object.fromEntries(written)).toEqual(Object.fromEntries(expected))
  })
})

describe('generated event types', () => {
  it('say what the schema says', () => {
    const text = writeEventTypes({
      'run.paused': {
        type: 'object',
        description: 'A person’s wish.',
        properties: {
          by: { type: ['string', 'null'], description: 'Who.' },
          why: { enum: ['LUNCH', "don't know", 7] },
          'odd-name': { type: 'integer', minimum: 0 },
          list: { type: 'array', items: { anyOf: [{ type: 'number' }, { type: 'boolean' }] } },
          anything: {},
          nested: { type: 'object', properties: { always: { const: true } }, required: ['always'] },
          map: { type: 'object', additionalProperties: { type: 'string' } },
        },
        required: ['by', 'list'],
      },
      'run.expired': { type: 'object', properties: {}, additionalProperties: false },
    })
    expect(text.slice(text.indexOf('export'))).toBe(`export interface RunEventPayloads {
  readonly RUN_EXPIRED: Record<string, never>
  /** A person’s wish. */
  readonly RUN_PAUSED: {
    /** Who. */
    readonly by: string | null
    readonly why?: 'LUNCH' | 'don\\'t know' | 7
    readonly 'odd-name'?: number
    readonly list: readonly (number | boolean)[]
    readonly anything?: JsonValue
    readonly nested?: {
      readonly always: true
    }
    readonly map?: { readonly [key: string]: string }
  }
}
`)
  })

  it('refuse a keyword that would make them wrong', () => {
    expect(() => writeEventTypes({ 'run.paused': { not: {} } })).toThrow('"not"')
    expect(() => writeEventTypes({ 'run.paused': { type: 'date' } })).toThrow('"date"')
  })
})

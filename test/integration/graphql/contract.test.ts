import { readFileSync } from 'node:fs'
import {
  buildSchema,
  findBreakingChanges,
  findDangerousChanges,
  type GraphQLInputType,
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  isUnionType,
  printSchema,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { schema } from '../../../src/graphql/schema.ts'
import { EVENT_PAYLOADS } from '../../../src/lifecycle/run/events.ts'
import { RUN_COMMANDS } from '../../../src/lifecycle/run/commands.ts'
import * as words from '../../../src/lifecycle/run/enums.ts'

const readText = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
const contract = buildSchema(readText('../../../schema/released.graphql'))

const ownTypes = Object.values(schema.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
)

describe('the schema', () => {
  it('holds everything that the contract promises', () => {
    expect(findBreakingChanges(contract, schema)).toEqual([])
    expect(findDangerousChanges(contract, schema)).toEqual([])
  })

  it('has each field, argument and default exactly as promised', () => {
    const promised = Object.values(contract.getTypeMap()).filter(
      (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
    )
    expect(promised.length).toBeGreaterThan(150)
    for (const type of promised) {
      const given = schema.getType(type.name)
      expect(given && signaturesOf(given), type.name).toEqual(expect.objectContaining(signaturesOf(type)))
    }
  })

  it('lists the members of every union as the contract does, the success first', () => {
    const unions = Object.values(contract.getTypeMap()).filter(isUnionType)
    expect(unions.length).toBeGreaterThan(20)
    for (const union of unions) {
      const names = (type: GraphQLNamedType | undefined) =>
        isUnionType(type) ? type.getTypes().map(({ name }) => name) : []
      expect([union.name, ...names(schema.getType(union.name))]).toEqual([union.name, ...names(union)])
    }
  })

  it('is the one that was printed for clients', () => {
    expect(readText('../../../schema/schema.graphql')).toBe(`${printSchema(schema)}\n`)
  })

  it('describes every type, field, argument and value', () => {
    const bare = ownTypes.flatMap((type) => [
      ...(type.description ? [] : [type.name]),
      ...membersOf(type).flatMap(({ name, description }) =>
        description?.trim() ? [] : [`${type.name}.${name}`],
      ),
    ])
    expect(bare).toEqual([])
  })

  it('says the words of the lifecycle, all of them and in their order', () => {
    const lists = {
      ApprovalKind: words.APPROVAL_KINDS,
      ApprovalStatus: words.APPROVAL_STATUSES,
      Decision: words.DECISIONS,
      DirectiveKind: words.DIRECTIVE_KINDS,
      ErrorClass: words.ERROR_CLASSES,
      EvidenceKind: words.EVIDENCE_KINDS,
      ExecutionEnd: words.EXECUTION_ENDS,
      ExpiryPolicy: words.EXPIRY_POLICIES,
      FailReason: words.FAIL_REASONS,
      MessageMode: words.MESSAGE_MODES,
      MessageStatus: words.MESSAGE_STATUSES,
      NextAction: words.NEXT_ACTIONS,
      NotResumableCause: words.NOT_RESUMABLE_CAUSES,
      Outcome: words.OUTCOMES,
      PhaseStatus: words.PHASE_STATUSES,
      PromptStage: words.PROMPT_STAGES,
      Receipt: words.RECEIPTS,
      Role: words.ROLES,
      RunCommand: RUN_COMMANDS,
      RunReason: words.RUN_REASONS,
      RunStatus: words.RUN_STATUSES,
      SessionStatus: words.SESSION_STATUSES,
    }
    for (const [name, values] of Object.entries(lists)) {
      const type = schema.getType(name)
      expect(isEnumType(type) && type.getValues().map((value) => value.name)).toEqual([...values])
    }
  })
})

describe('the schemas of events', () => {
  it('are printed for every type of event', () => {
    const printed = JSON.parse(readText('../../../schema/events.schema.json')) as {
      $defs: Record<string, { type: string; required: string[] }>
    }
    expect(Object.keys(printed.$defs)).toEqual(Object.keys(EVENT_PAYLOADS))
    for (const [type, payload] of Object.entries(EVENT_PAYLOADS)) {
      // what an event gained since is absent in older logs
      const required = Object.entries(payload.shape).filter(
        ([, field]) => !field.safeParse(undefined).success,
      )
      expect([type, ...(printed.$defs[type]?.required ?? [])]).toEqual([
        type,
        ...required.map(([key]) => key),
      ])
    }
  })
})

/** The fields of a type, each with its own type, arguments and defaults, as the schema language writes them. */
function signaturesOf(type: GraphQLNamedType): Record<string, string> {
  if (isInputObjectType(type))
    return Object.fromEntries(
      Object.values(type.getFields()).map((field) => [field.name, signatureOf(field)]),
    )
  if (!isObjectType(type) && !isInterfaceType(type)) return {}
  return Object.fromEntries(
    Object.values(type.getFields()).map(({ name, type: output, args }) => [
      name,
      `(${args.map((arg) => `${arg.name}: ${signatureOf(arg)}`).join(', ')}): ${String(output)}`,
    ]),
  )
}

function signatureOf({ type, defaultValue }: { type: GraphQLInputType; defaultValue?: unknown }): string {
  return defaultValue === undefined ? String(type) : `${String(type)} = ${JSON.stringify(defaultValue)}`
}

/** Everything below a type that clients see by a name. */
function membersOf(type: GraphQLNamedType): { name: string; description?: string | null | undefined }[] {
  if (isEnumType(type)) return [...type.getValues()]
  if (isInputObjectType(type)) return Object.values(type.getFields())
  if (!isObjectType(type) && !isInterfaceType(type)) return []
  return Object.values(type.getFields()).flatMap((field) => [
    field,
    ...field.args.map((arg) => ({ ...arg, name: `${field.name}(${arg.name})` })),
  ])
}

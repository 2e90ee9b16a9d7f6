import {
  type ConstDirectiveNode,
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  getNamedType,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputObjectType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type GraphQLType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  typeFromAST,
} from 'graphql'

/**
 * The members of results that hide the run from an AGENT token whose claim is over: every other write of such a token is
 * `LeaseLost`. In the schema every `run` of a result is nullable; here it is so only in these.
 */
const WITHHELD = new Set(['CompleteRunSuccess', 'FailRunSuccess', 'LeaseLost'])

/** The TypeScript of each scalar, in inputs and in answers. */
const SCALARS: { readonly [name: string]: { readonly input: string; readonly output: string } } = {
  ID: { input: 'string', output: 'string' },
  String: { input: 'string', output: 'string' },
  DateTime: { input: 'string', output: 'string' },
  Int: { input: 'number', output: 'number' },
  Float: { input: 'number', output: 'number' },
  Boolean: { input: 'boolean', output: 'boolean' },
  JSON: { input: 'JsonInput', output: 'JsonValue' },
}

/**
 * The types of the SDK as TypeScript: every enum and input, and for every operation its variables and its data. What is selected by a fragment alone is a type named like the fragment (`RunFields` gives `Run`), a
 * member of a union one named like its type, so that editors show these names. Every field has the description of the
 * schema. Answers are no interfaces, which TypeScript lets nobody pass on as plain objects.
 */
export function writeTypes(schema: GraphQLSchema, { definitions }: DocumentNode): string {
  const writer = new TypeWriter(schema)
  for (const each of definitions)
    if (each.kind === Kind.FRAGMENT_DEFINITION) writer.fragments.set(each.name.value, each)
  writer.declareFragments()
  const inputs = Object.values(schema.getTypeMap())
    .filter(({ name }) => !name.startsWith('__'))
    .flatMap((type) => {
      if (isInputObjectType(type)) return writer.writeInput(type)
      if (!isEnumType(type)) return []
      const values = type
        .getValues()
        .map(({ name, description }) => `${comment(description, '  ')}  | '${name}'`)
      return `${comment(type.description)}export type ${type.name} =\n${values.join('\n')}\n`
    })
  const operations = definitions.flatMap((each) =>
    each.kind === Kind.OPERATION_DEFINITION ? writer.writeOperation(each) : [],
  )
  return [...inputs, ...writer.named.values(), ...operations].join('\n')
}

/** A field of an answer, with everything that is selected below it. */
interface Selected {
  readonly field: GraphQLField<unknown, unknown>
  readonly sets: SelectionSetNode[]
  /** Whether a directive may leave it out. */
  isOptional: boolean
}

class TypeWriter {
  readonly fragments = new Map<string, FragmentDefinitionNode>()
  /** The declarations of named types, by name, in the order of their first use. */
  readonly named = new Map<string, string>()
  readonly #schema: GraphQLSchema

  constructor(schema: GraphQLSchema) {
    this.#schema = schema
  }

  writeInput(type: GraphQLInputObjectType): string {
    const fields = Object.values(type.getFields())
    const head = `${comment(type.description)}export `
    const write = (
      { name, type: of, defaultValue, description, deprecationReason }: (typeof fields)[number],
      indent: string,
    ) => {
      const isOptional = !isNonNullType(of) || defaultValue !== undefined
      const text = this.#inputType(of)
      return `${comment(description, indent, deprecationReason)}${indent}readonly ${name}${isOptional ? '?' : ''}: ${text}${isOptional ? ' | undefined' : ''}`
    }
    if (!type.isOneOf)
      return `${head}interface ${type.name} {\n${fields.map((field) => write(field, '  ')).join('\n')}\n}\n`
    const choices = fields.map((chosen) => {
      const others = fields
        .filter((field) => field !== chosen)
        .map(({ name }) => `    readonly ${name}?: never`)
      const given = `${comment(chosen.description, '    ')}    readonly ${chosen.name}: ${dropNull(this.#inputType(chosen.type))}`
      return `  | {\n${[given, ...others].join('\n')}\n    }`
    })
    return `${head}type ${type.name} =\n${choices.join('\n')}\n`
  }

  writeOperation({
    name,
    operation,
    selectionSet,
    variableDefinitions = [],
  }: OperationDefinitionNode): string[] {
    const title = `${name?.value}${operation[0]?.toUpperCase()}${operation.slice(1)}`
    const root = this.#schema.getRootType(operation)
    if (!root) throw new Error(`The schema has no ${operation}`)
    const variables = variableDefinitions.map(({ variable, type, defaultValue }) => {
      const of = typeFromAST(this.#schema, type as never) as GraphQLType | undefined
      if (!of) throw new Error(`${title} has a variable of an unknown type`)
      const isOptional = !isNonNullType(of) || defaultValue !== undefined
      return `  readonly ${variable.name.value}${isOptional ? '?' : ''}: ${this.#inputType(of)}${isOptional ? ' | undefined' : ''}`
    })
    return [
      variables.length > 0
        ? `export interface ${title}Variables {\n${variables.join('\n')}\n}\n`
        : `export type ${title}Variables = Record<string, never>\n`,
      `export interface ${title} ${this.#writeObject(root, [selectionSet], '')}\n`,
    ]
  }

  #inputType(type: GraphQLType): string {
    if (isNonNullType(type)) return dropNull(this.#inputType(type.ofType))
    if (isListType(type)) return `readonly ${group(this.#inputType(type.ofType))}[] | null`
    return `${this.#scalar(type, 'input') ?? getNamedType(type).name} | null`
  }

  #scalar(type: GraphQLType, side: 'input' | 'output'): string | undefined {
    const { name } = getNamedType(type)
    if (isCompositeType(type) || isInputObjectType(type) || isEnumType(type)) return undefined
    const known = SCALARS[name]
    if (!known) throw new Error(`The scalar ${name} has no TypeScript in scripts/sdkTypes.ts`)
    return known[side]
  }

  /** The type of a field's value; `isShown` for a run that is never null. */
  #outputType(type: GraphQLType, sets: SelectionSetNode[], indent: string, isShown = false): string {
    if (isNonNullType(type)) return this.#outputType(type.ofType, sets, indent, true)
    const nullable = isShown ? '' : ' | null'
    if (isListType(type)) return `${group(this.#outputType(type.ofType, sets, indent))}[]${nullable}`
    if (isCompositeType(type)) return `${this.#composite(type, sets, indent)}${nullable}`
    return `${this.#scalar(type, 'output') ?? getNamedType(type).name}${nullable}`
  }

  #composite(type: GraphQLCompositeType, sets: SelectionSetNode[], indent: string): string {
    const fragment = this.#fragmentOf(type, sets)
    if (!isAbstractType(type)) {
      return (fragment && this.#useFragment(type, fragment, sets)) ?? this.#writeObject(type, sets, indent)
    }
    const plain: string[] = []
    const members = this.#schema.getPossibleTypes(type).flatMap((each) => {
      const body = this.#writeObject(each, sets, '', isResult(type))
      if (/^\{\n {2}__typename: '\w+'\n\}$/.test(body)) {
        plain.push(`'${each.name}'`)
        return []
      }
      const own = this.fragments.get(`${each.name}Fields`)
      const known = own && !isProblem(each) ? this.#useFragment(each, own, sets) : undefined
      return known ?? this.#share(each.name, `type ${each.name} = ${body}`, each.description) ?? body
    })
    if (plain.length > 0) members.push(`{ __typename: ${plain.join(' | ')} }`)
    const union = members.join(' | ')
    const name = fragment ? nameFragment(fragment) : isResult(type) ? type.name : undefined
    return (
      (name && this.#share(name, `type ${name} =\n  | ${members.join('\n  | ')}`, type.description)) ??
      group(union)
    )
  }

  /** Declares a type under a name and returns that name; undefined if another type has it. */
  #share(name: string, declaration: string, description: string | null | undefined): string | undefined {
    const whole = `${comment(description)}export ${declaration}\n`
    const known = this.named.get(name)
    if (known === undefined) this.named.set(name, whole)
    return known === undefined || known === whole ? name : undefined
  }

  /** The name of a fragment that selects exactly this, or all of it but the `__typename`; else undefined. */
  #useFragment(
    type: GraphQLObjectType,
    fragment: FragmentDefinitionNode,
    sets: SelectionSetNode[],
  ): string | undefined {
    const body = this.#writeObject(type, sets, '')
    const declared = this.#writeObject(type, [fragment.selectionSet], '')
    const typename = `  __typename: '${type.name}'\n`
    if (body !== declared && body.replace(typename, '') !== declared) return undefined
    const name = this.#share(
      nameFragment(fragment),
      `type ${nameFragment(fragment)} = ${declared}`,
      type.description,
    )
    return body === declared || name === undefined ? name : `(${name} & { __typename: '${type.name}' })`
  }

  /** Declares what every fragment on an object selects. */
  declareFragments(): void {
    for (const fragment of this.fragments.values()) {
      const type = this.#schema.getType(fragment.typeCondition.name.value)
      if (isObjectType(type) && !isProblem(type)) this.#useFragment(type, fragment, [fragment.selectionSet])
    }
  }

  /** The fragment that selects everything. */
  #fragmentOf(type: GraphQLCompositeType, sets: SelectionSetNode[]): FragmentDefinitionNode | undefined {
    const selections = sets.flatMap((set) => set.selections)
    const spreads = selections.flatMap((each) => (each.kind === Kind.FRAGMENT_SPREAD ? each.name.value : []))
    const isBare = selections.every(
      (each) =>
        each.kind === Kind.FRAGMENT_SPREAD || (each.kind === Kind.FIELD && each.name.value === '__typename'),
    )
    const [only] = new Set(spreads)
    if (!isBare || only === undefined || new Set(spreads).size > 1) return undefined
    const fragment = this.fragments.get(only)
    return fragment?.typeCondition.name.value === type.name ? fragment : undefined
  }

  #writeObject(
    type: GraphQLObjectType,
    sets: SelectionSetNode[],
    indent: string,
    isOfResult = false,
  ): string {
    const selected = new Map<string, Selected | 'typename'>()
    for (const set of sets) this.#collect(type, set, selected, false)
    const inner = `${indent}  `
    const members = [...selected].map(([key, found]) => {
      if (found === 'typename') return `${inner}${key}: '${type.name}'`
      const { field, sets: below, isOptional } = found
      const isShown = isOfResult && field.name === 'run' && !WITHHELD.has(type.name)
      const text = this.#outputType(field.type, below, inner, isShown)
      return `${comment(field.description, inner, field.deprecationReason)}${inner}${key}${isOptional ? '?' : ''}: ${text}`
    })
    return `{\n${members.join('\n')}\n${indent}}`
  }

  #collect(
    type: GraphQLObjectType,
    set: SelectionSetNode,
    selected: Map<string, Selected | 'typename'>,
    isOptional: boolean,
  ): void {
    for (const each of set.selections) {
      const mayLack = isOptional || isConditional(each.directives)
      if (each.kind === Kind.FIELD) {
        const key = each.alias?.value ?? each.name.value
        if (each.name.value === '__typename') {
          selected.set(key, 'typename')
          continue
        }
        const field = type.getFields()[each.name.value]
        if (!field) throw new Error(`${type.name} has no field ${each.name.value}`)
        const known = selected.get(key)
        const below = each.selectionSet ? [each.selectionSet] : []
        if (known === undefined || known === 'typename')
          selected.set(key, { field, sets: below, isOptional: mayLack })
        else {
          known.sets.push(...below)
          known.isOptional &&= mayLack
        }
        continue
      }
      const fragment = each.kind === Kind.FRAGMENT_SPREAD ? this.fragments.get(each.name.value) : each
      const condition = fragment?.typeCondition?.name.value
      if (!fragment) throw new Error('An operation spreads a fragment that no document defines')
      if (condition === undefined || this.#isA(type, condition))
        this.#collect(type, fragment.selectionSet, selected, mayLack)
    }
  }

  #isA(type: GraphQLObjectType, condition: string): boolean {
    const of = this.#schema.getType(condition)
    return of === type || (isAbstractType(of) && this.#schema.isSubType(of, type))
  }
}

/** The name of what a fragment selects. */
function nameFragment({ name }: FragmentDefinitionNode): string {
  return name.value.replace(/Fields$/, '')
}

function isProblem(type: GraphQLObjectType): boolean {
  return type.getInterfaces().some(({ name }) => name === 'Problem')
}

function isResult(type: GraphQLType): boolean {
  return isUnionType(type) && type.name.endsWith('Result')
}

function isConditional(directives: readonly (DirectiveNode | ConstDirectiveNode)[] = []): boolean {
  return directives.some(({ name }) => name.value === 'include' || name.value === 'skip')
}

function dropNull(text: string): string {
  return text.replace(/ \| null$/, '')
}

/** Parenthesizes a union, so that `[]` can follow. */
function group(text: string): string {
  return /^[\w.]+$/.test(text) || (text.startsWith('{') && text.endsWith('}') && !text.includes('} |'))
    ? text
    : `(${text})`
}

function comment(description: string | null | undefined, indent = '', deprecated?: string | null): string {
  const words = [description ?? '', deprecated ? `@deprecated ${deprecated}` : ''].filter(Boolean)
  if (words.length === 0) return ''
  const lines = words.join('\n').replaceAll('*/', '* /').split('\n')
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`
}

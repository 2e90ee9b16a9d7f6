import {
  type ExecutionArgs,
  type FieldNode,
  getOperationAST,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'

/** How many statements reading a field takes, where it takes any. */
interface FieldCost {
  readonly count: number
  /** The argument without which it takes none. */
  readonly onlyWith?: string
}

/** `extensions` of a field that is read by statements of its own. */
export const statementCost = (count: number, taken: Omit<FieldCost, 'count'> = {}) => ({
  statements: { count, ...taken },
})

const counted = new WeakMap<OperationDefinitionNode, number>()

/** How many statements the operation may send: with more than one, they must see one snapshot. */
export function countStatements({ schema, document, operationName }: ExecutionArgs): number {
  const operation = getOperationAST(document, operationName)
  if (!operation) return 0
  const known = counted.get(operation)
  if (known !== undefined) return known
  const used = document.definitions.filter(
    (definition) => definition === operation || definition.kind === Kind.FRAGMENT_DEFINITION,
  )
  const count = countFields(schema, { ...document, definitions: used })
  counted.set(operation, count)
  return count
}

function countFields(schema: GraphQLSchema, document: ExecutionArgs['document']): number {
  const types = new TypeInfo(schema)
  let count = 0
  const Field = (node: FieldNode) => {
    const taken = types.getFieldDef()?.extensions['statements'] as FieldCost | undefined
    if (taken && (!taken.onlyWith || node.arguments?.some(({ name }) => name.value === taken.onlyWith)))
      count += taken.count
  }
  visit(document, visitWithTypeInfo(types, { Field }))
  return count
}

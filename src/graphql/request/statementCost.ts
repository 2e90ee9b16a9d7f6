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

/** Number of statements that reading a field takes. */
interface FieldCost {
  readonly count: number
  /** The argument without which the field takes none. */
  readonly onlyWith?: string
}

/** Field `extensions` that declare the statements sent to read it. */
export const statementCost = (count: number, taken: Omit<FieldCost, 'count'> = {}) => ({
  statements: { count, ...taken },
})

const counted = new WeakMap<OperationDefinitionNode, number>()

/** Returns how many statements the operation may send; if there are several, they must share one snapshot. */
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

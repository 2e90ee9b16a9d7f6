import { complexityFromQuery } from '@pothos/plugin-complexity'
import { type ExecutionArgs, getOperationAST, Kind } from 'graphql'
import { LIMITS } from './limits.ts'

/** What an operation costs at most, by the measures that `limits` has the greatest of. */
export interface OperationCost {
  /** Objects and values that it may answer with; a page counts for each of its possible entries. */
  readonly complexity: number
  /** Fields and fragments of the document. */
  readonly breadth: number
  /** Fields within fields. */
  readonly depth: number
  readonly limits: typeof LIMITS
}

/** Computes what an operation costs, as its limits count it; undefined where it is not to be executed. */
export function costOf({
  schema,
  document,
  operationName,
  variableValues,
}: ExecutionArgs): OperationCost | undefined {
  const operation = getOperationAST(document, operationName)
  if (!operation) return undefined
  const definitions = document.definitions.filter(
    (definition) => definition === operation || definition.kind === Kind.FRAGMENT_DEFINITION,
  )
  const variables = { ...variableValues }
  const { complexity, breadth, depth } = complexityFromQuery(
    { ...document, definitions },
    { schema, variables },
  )
  return { complexity, breadth, depth, limits: LIMITS }
}

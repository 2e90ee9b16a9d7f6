import SchemaBuilder, { type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core'
import { PothosComplexityPlugin } from '@pothos/plugin-complexity'
import {
  type FieldNode,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import { failWith } from '../request/errors.ts'

/**
 * Limits of one operation. Depth: nesting of fields. Breadth: number of fields and fragment spreads in the document.
 * Complexity: maximum number of objects and values returned, with a page counted for each of its possible entries.
 */
export const LIMITS = { depth: 16, breadth: 1_500, complexity: 60_000 } as const

/** Complexity of a mutation, in addition to its answer: mutations write, so an operation may have only a few. */
export const MUTATION_COST = 1_000

/** Builder options that make the plugin below enforce the limits. */
export const limitOptions = {
  limit: LIMITS,
  complexityError: (
    kind: string,
    found: { readonly depth: number; readonly breadth: number; readonly complexity: number },
  ) => {
    const what = kind.toLowerCase() as keyof typeof LIMITS
    const message = `The operation has a ${what} of ${found[what]}; at most ${LIMITS[what]} is answered. Ask for less at a time.`
    return failWith('QUERY_TOO_COMPLEX', message)
  },
}

/** Operations within the limits, whatever their variables are. */
const withinLimits = new WeakSet<OperationDefinitionNode>()

/**
 * Enforces the limits of operations in the schema, so that they apply on every transport. The base plugin checks
 * queries and mutations only, each time; this one checks a subscription before its stream begins, instead of once per frame, and
 * a known operation whose cost depends on no variable only once.
 */
class LimitsPlugin<Types extends SchemaTypes> extends PothosComplexityPlugin<Types> {
  override checkComplexity(context: Types['Context'], info: GraphQLResolveInfo): void {
    if (withinLimits.has(info.operation)) return
    super.checkComplexity(context, info)
    if (!dependsOnVariables(info)) withinLimits.add(info.operation)
  }

  override wrapResolve(
    resolve: GraphQLFieldResolver<unknown, Types['Context'], object>,
    field: PothosOutputFieldConfig<Types>,
  ) {
    return field.kind === 'Subscription' ? resolve : super.wrapResolve(resolve, field)
  }

  override wrapSubscribe(
    subscribe: GraphQLFieldResolver<unknown, Types['Context'], object> | undefined,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> | undefined {
    return (
      subscribe &&
      ((parent, args, context, info) => {
        this.checkComplexity(context, info)
        return subscribe(parent, args, context, info)
      })
    )
  }
}

/** True if the cost of a field depends on an argument that is given by a variable. */
function dependsOnVariables({ schema, operation, fragments }: GraphQLResolveInfo): boolean {
  const types = new TypeInfo(schema)
  let found = false
  const Field = (node: FieldNode): void => {
    if (typeof types.getFieldDef()?.extensions['complexity'] !== 'function') return
    for (const argument of node.arguments ?? []) visit(argument, { Variable: () => void (found = true) })
  }
  const definitions = [operation, ...Object.values(fragments)]
  visit({ kind: Kind.DOCUMENT, definitions }, visitWithTypeInfo(types, { Field }))
  return found
}

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      limits: LimitsPlugin<Types>
    }
  }
}

// the base plugin is typed without exactOptionalPropertyTypes
SchemaBuilder.registerPlugin('limits', LimitsPlugin as never)

import SchemaBuilder, { type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core'
import { PothosComplexityPlugin } from '@pothos/plugin-complexity'
import type { GraphQLFieldResolver } from 'graphql'
import { failWith } from '../request/errors.ts'

/**
 * How much one operation may ask for. Depth: fields below each other. Breadth: fields named, fragments spread out.
 * Complexity: objects and values at most returned, a page counted as often as it may have entries.
 */
export const LIMITS = { depth: 16, breadth: 1_500, complexity: 60_000 } as const

/** What a mutation counts, beside what it answers: it writes, so that few are enough for one operation. */
export const MUTATION_COST = 1_000

/** Options of the builder that make the plugin below refuse what is over the limits. */
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

/**
 * The limits of operations, kept by the schema itself, so that they hold on every transport. The plugin it extends
 * looks at queries and mutations only: a subscription is measured here, before its stream begins, and not once a frame.
 */
class LimitsPlugin<Types extends SchemaTypes> extends PothosComplexityPlugin<Types> {
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

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      limits: LimitsPlugin<Types>
    }
  }
}

// the plugin it extends is typed without exactOptionalPropertyTypes
SchemaBuilder.registerPlugin('limits', LimitsPlugin as never)

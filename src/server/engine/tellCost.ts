import type { ExecutionArgs } from 'graphql'
import { isAsyncIterable, type Plugin, type YogaInitialContext } from 'graphql-yoga'
import { costOf } from '../../graphql/kit/operationCost.ts'

/**
 * Tells the cost of an operation in `extensions.cost` of its answer, where a request over HTTP asks for it by
 * `extensions: { cost: true }`.
 */
export const tellCost: Plugin = {
  onExecute({ args }) {
    if (!asksForCost(args)) return undefined
    return {
      onExecuteDone({ result, setResult }) {
        // without data it was not executed: its variables are not what it declares
        if (isAsyncIterable(result) || !('data' in result)) return
        setResult({ ...result, extensions: { ...result.extensions, cost: costOf(args) } })
      },
    }
  },
}

function asksForCost({ contextValue }: ExecutionArgs): boolean {
  const { params } = contextValue as Partial<YogaInitialContext>
  return (params?.extensions as { readonly cost?: unknown } | undefined)?.cost === true
}

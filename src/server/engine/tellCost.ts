import type { ExecutionArgs, ExecutionResult } from 'graphql'
import { isAsyncIterable, type Plugin, type YogaInitialContext } from 'graphql-yoga'
import { costOf } from '../../graphql/kit/operationCost.ts'
import { endable } from '../../iterators/endable.ts'

/**
 * Tells the cost of an operation in `extensions.cost` of its answer, where a request asks for it by
 * `extensions: { cost: true }`: of a subscription with its first answer, which costs as much as each of the others.
 */
export const tellCost: Plugin = {
  onExecute({ args }) {
    if (!asksForCost(args)) return undefined
    return {
      onExecuteDone({ result, setResult }) {
        if (!isAsyncIterable(result)) setResult(withCost(result, args))
      },
    }
  },
  onSubscribe({ args }) {
    if (!asksForCost(args)) return undefined
    return {
      onSubscribeResult({ result, setResult }) {
        if (!isAsyncIterable(result)) return setResult(withCost(result, args))
        const source = result as AsyncIterableIterator<ExecutionResult>
        let isFirst = true
        const readNext = async (): Promise<IteratorResult<ExecutionResult>> => {
          const next = await source.next()
          if (next.done || !isFirst) return next
          isFirst = false
          return { done: false, value: withCost(next.value, args) }
        }
        setResult(endable(readNext, () => source.return?.()))
      },
    }
  },
}

function withCost(result: ExecutionResult, args: ExecutionArgs): ExecutionResult {
  // without data it was not executed: its variables are not what it declares
  if (!('data' in result)) return result
  return { ...result, extensions: { ...result.extensions, cost: costOf(args) } }
}

function asksForCost({ contextValue }: ExecutionArgs): boolean {
  const { params } = contextValue as Partial<YogaInitialContext>
  return (params?.extensions as { readonly cost?: unknown } | undefined)?.cost === true
}

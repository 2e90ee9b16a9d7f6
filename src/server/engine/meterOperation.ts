import { type ExecutionArgs, type ExecutionResult, getOperationAST, Kind } from 'graphql'
import type { Metrics } from '../health/metrics.ts'

/** Starts timing an operation; the returned function records it. */
export function meterOperation(metrics: Metrics, args: ExecutionArgs): (result: ExecutionResult) => void {
  const startedAt = performance.now()
  return ({ data, errors }) => {
    const operation = getOperationAST(args.document, args.operationName)
    if (!operation) return
    const { operation: kind, selectionSet } = operation
    const root = args.schema.getRootType(kind)?.getFields() ?? {}
    let outcome: 'ok' | 'refused' | 'error' = errors && errors.length > 0 ? 'error' : 'ok'
    let first = 'other'
    for (const selection of selectionSet.selections) {
      if (selection.kind !== Kind.FIELD) continue
      const name = selection.name.value
      // only names of the schema become labels, so callers can't create new ones
      if (!(name in root)) continue
      if (first === 'other') first = name
      const problem = kind === 'mutation' && readProblem(data?.[selection.alias?.value ?? name])
      if (!problem) continue
      metrics.countRefusal(name, problem)
      if (outcome === 'ok') outcome = 'refused'
    }
    metrics.countOperation(kind, first, outcome, (performance.now() - startedAt) / 1000)
  }
}

/** The type of the problem that a mutation answered; undefined for a success, or if `__typename` was not selected. */
function readProblem(answer: unknown): string | undefined {
  const type = (answer as { __typename?: unknown } | null | undefined)?.__typename
  return typeof type === 'string' && !type.endsWith('Success') ? type : undefined
}

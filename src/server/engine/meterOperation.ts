import { type ExecutionArgs, type ExecutionResult, getOperationAST, Kind } from 'graphql'
import type { Metrics } from '../health/metrics.ts'

/** Starts the clock of an operation; the function returned stops it and counts. */
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
      // only names of the schema become labels, so nobody can make up more
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

/** The type of the problem a mutation answered with; undefined for a success, and where the type was not asked for. */
function readProblem(answer: unknown): string | undefined {
  const type = (answer as { __typename?: unknown } | null | undefined)?.__typename
  return typeof type === 'string' && !type.endsWith('Success') ? type : undefined
}

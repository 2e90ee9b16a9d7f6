import {
  createSourceEventStream,
  execute,
  type ExecutionArgs,
  type ExecutionResult,
  getOperationAST,
  OperationTypeNode,
} from 'graphql'
import type { LoadedRun } from '../../store/run/loadRun.ts'
import { CLAIM_OVER, type GraphContext, type RequestContext } from './context.ts'
import { blameRequest, failWith, toStreamError } from './errors.ts'
import { mapFrames } from './mapFrames.ts'
import { applyDueRuns } from './applyDueRuns.ts'
import { type Reads, prepareReads } from './reads.ts'
import { countStatements } from './statementCost.ts'

/** An operation to execute: what graphql-js takes, with the context that the server made of the request. */
export interface OperationArgs extends ExecutionArgs {
  readonly contextValue: RequestContext
}

/**
 * Executes a query or a mutation. A query shows one moment; where it meets runs whose owner is lost, they are moved on
 * and it is asked once more, so that it shows what became of them (G5).
 */
export async function executeOperation(args: OperationArgs): Promise<ExecutionResult> {
  const operation = getOperationAST(args.document, args.operationName)
  if (operation?.operation !== OperationTypeNode.QUERY) return (await executeOnce(args, false)).result
  return refuseEndedClaim(args.contextValue) ?? queryApplyingDue(args)
}

/**
 * Executes a subscription: a stream of results, or the one result that says why there is none. Each frame shows one moment
 * of its own. Ending the stream ends its source at once, also while that waits.
 */
export async function subscribeOperation(
  args: OperationArgs,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const denied = refuseEndedClaim(args.contextValue)
  if (denied) return denied
  const reads = prepareReads(args.contextValue, false)
  const source = await createSourceEventStream({ ...args, contextValue: toContext(args, reads) })
  if (!(Symbol.asyncIterator in source)) return withRequestErrors(source)
  return mapFrames({
    source,
    map: (frame) => queryApplyingDue({ ...args, rootValue: frame }),
    onFailure: (error) => ({ errors: [toStreamError(error)] }),
  })
}

async function queryApplyingDue(args: OperationArgs): Promise<ExecutionResult> {
  const atOneMoment = countStatements(args) > 1
  const { result, due } = await executeOnce(args, atOneMoment)
  if (due.length === 0 || !(await applyDueRuns(args.contextValue.commands, due))) return result
  return (await executeOnce(args, atOneMoment)).result
}

async function executeOnce(
  args: OperationArgs,
  atOneMoment: boolean,
): Promise<{ result: ExecutionResult; due: readonly LoadedRun[] }> {
  const reads = prepareReads(args.contextValue, atOneMoment)
  try {
    const result = await execute({ ...args, contextValue: toContext(args, reads) })
    return { result: withRequestErrors(result), due: [...reads.due.values()] }
  } finally {
    await reads.close()
  }
}

/** Where nothing was executed, since the variables are of other types than the document says, the request is to blame. */
function withRequestErrors(result: ExecutionResult): ExecutionResult {
  const { errors } = result
  return !errors || 'data' in result ? result : { ...result, errors: errors.map(blameRequest) }
}

function toContext({ contextValue }: OperationArgs, reads: Reads): GraphContext {
  return { ...contextValue, reads }
}

function refuseEndedClaim({ isLive }: RequestContext): ExecutionResult | undefined {
  if (isLive) return undefined
  return { errors: [failWith('UNAUTHENTICATED', CLAIM_OVER)] }
}

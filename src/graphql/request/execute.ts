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
import { openFrameResults } from './frameResults.ts'
import { mapFrames } from './mapFrames.ts'
import { applyDueRuns } from './applyDueRuns.ts'
import { type Reads, prepareReads } from './reads.ts'
import { countStatements } from './statementCost.ts'

/** An operation to execute: the arguments of graphql-js, with the context of the request. */
export interface OperationArgs extends ExecutionArgs {
  readonly contextValue: RequestContext
}

/**
 * Executes a query or a mutation. A query shows one snapshot. If it finds runs with due changes, such as a lost
 * owner, these are applied and the query is executed once more (G5).
 */
export async function executeOperation(args: OperationArgs): Promise<ExecutionResult> {
  const operation = getOperationAST(args.document, args.operationName)
  if (operation?.operation !== OperationTypeNode.QUERY) return (await executeOnce(args, false)).result
  return refuseEndedClaim(args.contextValue) ?? queryApplyingDue(args)
}

/**
 * Executes a subscription: returns a stream of results, or a single result with the reason why there is none. Each
 * frame shows one snapshot. Ending the stream ends its source immediately, even while that is waiting. A frame of which many
 * subscriptions ask the same is executed once, unless that needs to read more than the frame.
 */
export async function subscribeOperation(
  args: OperationArgs,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const denied = refuseEndedClaim(args.contextValue)
  if (denied) return denied
  const reads = prepareReads(args.contextValue, false)
  const source = await createSourceEventStream({ ...args, contextValue: toContext(args, reads) })
  if (!(Symbol.asyncIterator in source)) return withRequestErrors(source)
  const shared = openFrameResults(args)
  return mapFrames({
    source,
    map: (frame) =>
      shared.find(frame) ??
      queryApplyingDue({ ...args, rootValue: frame }, (result) => shared.keep(frame, result)),
    onFailure: (error) => ({ errors: [toStreamError(error)] }),
  })
}

/** @param onPlain called at once with a result that needed no read */
async function queryApplyingDue(
  args: OperationArgs,
  onPlain?: (result: ExecutionResult) => void,
): Promise<ExecutionResult> {
  const atOneMoment = countStatements(args) > 1
  const { result, due } = await executeOnce(args, atOneMoment, onPlain)
  if (due.length === 0 || !(await applyDueRuns(args.contextValue.commands, due))) return result
  return (await executeOnce(args, atOneMoment)).result
}

async function executeOnce(
  args: OperationArgs,
  atOneMoment: boolean,
  onPlain?: (result: ExecutionResult) => void,
): Promise<{ result: ExecutionResult; due: readonly LoadedRun[] }> {
  const reads = prepareReads(args.contextValue, atOneMoment)
  try {
    const executed = execute({ ...args, contextValue: toContext(args, reads) })
    // a read is always awaited
    if (!(executed instanceof Promise) && !executed.errors && reads.due.size === 0) onPlain?.(executed)
    return { result: withRequestErrors(await executed), due: [...reads.due.values()] }
  } finally {
    await reads.close()
  }
}

/**
 * If nothing was executed because the variables do not match their declared types, the errors become BAD_USER_INPUT.
 */
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

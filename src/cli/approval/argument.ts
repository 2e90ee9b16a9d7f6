import { Argument } from 'commander'
import { findId, readPages } from '../kit/findId.ts'
import type { Invocation } from '../kit/invocation.ts'
import { PawlProblem } from '@pawl/sdk'
import { UsageError, EXIT } from '../kit/exitCodes.ts'
import { safeText } from '../terminal/width.ts'
import type { Question } from '../print/printApproval.ts'
import { readQuestion } from './readQuestion.ts'

/** The approval as an argument. */
export const approvalArgument = () =>
  new Argument('[approval]', 'id of the approval, or the end of it (default: the only pending one)')

/**
 * The approval named, else the only pending one.
 *
 * @throws PawlProblem NotFound; UsageError if none or several are pending, or several are named.
 */
export async function chooseApproval(invocation: Invocation, named: string | undefined): Promise<Question> {
  const approvalId =
    named === undefined ? await findOnlyPending(invocation) : await findApprovalId(invocation, named)
  const question = await readQuestion(invocation, approvalId)
  if (question) return question
  throw new PawlProblem({
    __typename: 'NotFound',
    message: `there is no approval ${approvalId}`,
    kind: 'APPROVAL',
    id: approvalId,
  })
}

/** The approval's id: what was typed, or that of the approval that ends so. */
function findApprovalId({ pawl }: Invocation, typed: string): Promise<string> {
  return findId(typed, () => readPages((page) => pawl.approvals.list(page)))
}

async function findOnlyPending(invocation: Invocation): Promise<string> {
  const { nodes } = await invocation.pawl.approvals.list({ filter: { statuses: ['PENDING'] }, first: 10 })
  const [only, ...others] = nodes
  if (!only) throw new UsageError('no approval is pending', EXIT.notFound, 'NoApproval')
  if (others.length === 0) {
    invocation.note(`approval ${invocation.err.ids(only.id)} (the only pending one)`)
    return only.id
  }
  const lines = nodes.map(
    ({ id, gate, question }) => `${invocation.err.ids(id)}  ${safeText(gate)}: ${safeText(question)}`,
  )
  throw new UsageError(
    ['several approvals are pending: name one of them', ...lines].join('\n'),
    EXIT.ambiguousRun,
    'AmbiguousApproval',
  )
}

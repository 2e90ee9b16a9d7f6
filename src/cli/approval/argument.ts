import { Argument } from 'commander'
import type { Invocation } from '../kit/invocation.ts'
import { PawlProblem } from '@pawl/sdk'
import { UsageError, EXIT } from '../kit/exitCodes.ts'
import { safeText } from '../terminal/width.ts'
import type { Question } from '../print/printApproval.ts'
import { readQuestion } from './readQuestion.ts'

/** The approval as an argument. */
export const approvalArgument = () =>
  new Argument('[approval]', 'id of the approval (default: the only pending one)')

/**
 * The approval named, else the only pending one.
 *
 * @throws PawlProblem NotFound; UsageError if none or several are pending.
 */
export async function chooseApproval(invocation: Invocation, named: string | undefined): Promise<Question> {
  const approvalId = named ?? (await findOnlyPending(invocation))
  const question = await readQuestion(invocation, approvalId)
  if (question) return question
  throw new PawlProblem({
    __typename: 'NotFound',
    message: `there is no approval ${approvalId}`,
    kind: 'APPROVAL',
    id: approvalId,
  })
}

async function findOnlyPending(invocation: Invocation): Promise<string> {
  const { nodes } = await invocation.pawl.approvals.list({ filter: { statuses: ['PENDING'] }, first: 10 })
  const [only, ...others] = nodes
  if (!only) throw new UsageError('no approval is pending', EXIT.notFound, 'NoApproval')
  if (others.length === 0) {
    invocation.note(`approval ${only.id} (the only pending one)`)
    return only.id
  }
  const lines = nodes.map(({ id, gate, question }) => `${id}  ${safeText(gate)}: ${safeText(question)}`)
  throw new UsageError(
    ['several approvals are pending: name one of them', ...lines].join('\n'),
    EXIT.ambiguousRun,
    'AmbiguousApproval',
  )
}

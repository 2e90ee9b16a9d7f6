import type { Command } from 'commander'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { createCommand } from '../kit/options.ts'
import { approvalArgument, chooseApproval } from './argument.ts'
import { printQuestion } from '../print/printApproval.ts'

/** `pawl approval show`: everything that a decision is about. */
export function approvalShowCommand(): Command {
  return createCommand('show', 'show everything that a decision is about: question, payload, file, digest', [
    'pawl approval show',
    "pawl approval show apr_01k9… --json | jq -r '.artifact.content'",
  ])
    .addArgument(approvalArgument())
    .action(
      createAction<CommonOptions, [string | undefined]>(async (invocation, _options, id) => {
        const question = await chooseApproval(invocation, id)
        return invocation.answer(question, (printer) => printQuestion(printer, question))
      }),
    )
}

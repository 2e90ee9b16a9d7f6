import type { Command } from 'commander'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { createCommand } from '../kit/options.ts'
import { withInterrupt } from '../kit/withInterrupt.ts'
import { printQuestion } from '../print/printApproval.ts'
import { approvalArgument, chooseApproval } from './argument.ts'
import { printDiff, readDiff } from './readDiff.ts'

interface Options extends CommonOptions {
  readonly diff: boolean
}

/** `pawl approval show`: everything that a decision is about. */
export function approvalShowCommand(): Command {
  return createCommand(
    'show',
    'show everything that a decision is about: question, payload, file, digest, and what the run has changed',
    ['pawl approval show', "pawl approval show apr_01k9… --json | jq -r '.artifact.content'"],
  )
    .addArgument(approvalArgument())
    .option('--no-diff', "do not ask the worker on the run's machine what the run has changed")
    .action(
      createAction<Options, [string | undefined]>((invocation, options, id) =>
        withInterrupt(async (signal) => {
          const question = await chooseApproval(invocation, id)
          const diff = options.diff ? await readDiff(invocation, question.approval, signal) : null
          return invocation.answer({ ...question, diff }, (printer) => {
            printQuestion(printer, question)
            if (diff) printDiff(printer, diff, question.approval)
          })
        }),
      ),
    )
}

import { Option } from 'commander'
import type { Command } from 'commander'
import type { ErrorClass } from '@pawl/sdk'
import { chooseRunId } from '../kit/chooseRun.ts'
import { createAction } from '../kit/invocation.ts'
import { createCommand, parseWord, readJson } from '../kit/options.ts'
import { addOwnerOptions } from '../kit/ownerOptions.ts'
import type { OwnerOptions } from '../kit/ownerOptions.ts'
import { printPhaseLine } from '../print/printPhase.ts'

interface Options extends OwnerOptions {
  readonly message: string
  readonly class: ErrorClass
  readonly code: string
  readonly hint?: string
  readonly ask?: string
  readonly gate: string
  readonly payload?: string
  readonly session?: string
}

const CLASSES: readonly ErrorClass[] = ['RECOVERABLE', 'HUMAN_REQUIRED', 'FATAL']

/** `pawl phase fail`: ends the current phase's attempt as FAILED; the run continues, or waits for a person. */
export function phaseFailCommand(): Command {
  const command = createCommand(
    'fail',
    "end the current phase's attempt as FAILED; it can be started again",
    [
      "pawl phase fail analysis --message 'no answer from the model' --code MODEL_TIMEOUT",
      "pawl phase fail build --message 'no licence' --class HUMAN_REQUIRED --ask 'Is there a licence now?'",
    ],
  ).argument('<phase>', 'key of the current phase')
  return addOwnerOptions(command)
    .requiredOption('--message <text>', 'what went wrong')
    .addOption(
      new Option('--class <class>', `class of the error: ${CLASSES.join(', ')}`)
        .argParser(parseWord(CLASSES))
        .default('RECOVERABLE'),
    )
    .option('--code <code>', 'machine-readable code', 'REPORTED')
    .option('--hint <text>', 'what may help')
    .option('--ask <question>', 'pause the run until a person has decided: retry, or abort')
    .option('--gate <name>', 'with --ask: name of the gate', 'recovery')
    .option(
      '--payload <json>',
      'with --ask: data shown with the question: JSON, @file or - for standard input',
    )
    .option('--session <id>', 'with --ask: the session that needs a person')
    .action(
      createAction<Options, [string]>(async (invocation, options, phase) => {
        const recovery = recoveryOf(options)
        const runId = await chooseRunId(invocation, options.run)
        const { fence, idempotencyKey, message, code, hint } = options
        const error = { class: options.class, code, message, hint }
        const fields = { fence, idempotencyKey, error, recovery }
        const result = await invocation.pawl.phases.fail(runId, phase, fields)
        return invocation.answerResult(result, (success, printer) => printPhaseLine(printer, success))
      }),
    )
}

function recoveryOf({ ask, gate, payload, session }: Options) {
  if (ask === undefined) return undefined
  return { gate, question: ask, payload: readJson(payload, '--payload'), sessionId: session }
}

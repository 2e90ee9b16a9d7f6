import type { Command } from 'commander'
import { chooseRun } from '../kit/chooseRun.ts'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { createCommand, keyOption, readText, runOption } from '../kit/options.ts'
import { messageLine } from '../print/printMessage.ts'

interface Options extends CommonOptions {
  readonly run?: string
  readonly followUp?: boolean
  readonly idempotencyKey?: string
}

/** `pawl message send`: sends text to the owner of a run, for its agent. */
export function messageSendCommand(): Command {
  return createCommand('send', "send text to a run's agent", [
    "pawl message send 'leave the tests alone'",
    'pawl message send @notes.md --run run_01k9… --follow-up',
  ])
    .argument('<text>', 'the message: text, @file, or - for standard input')
    .addOption(runOption())
    .option('--follow-up', 'deliver when the session is ready for a new prompt, instead of now')
    .addOption(keyOption())
    .action(
      createAction<Options, [string]>(async (invocation, options, given) => {
        const text = readText(given)
        const { run } = await chooseRun(invocation, options.run)
        const mode = options.followUp ? 'FOLLOW_UP' : 'STEER'
        const { idempotencyKey } = options
        const result = await invocation.pawl.messages.send(run.id, text, { mode, idempotencyKey })
        return invocation.answerResult(result, ({ runMessage: sent }, printer) => {
          printer.line(messageLine(printer, sent))
          if (!run.lease?.isLive)
            invocation.note('the run has no owner at present; its next owner receives the message')
        })
      }),
    )
}

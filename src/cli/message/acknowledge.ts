import type { Command } from 'commander'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions, Invocation } from '../kit/invocation.ts'
import { chooseRun } from '../kit/chooseRun.ts'
import { findId, readPages } from '../kit/findId.ts'
import { createCommand, fenceOption, keyOption } from '../kit/options.ts'
import { messageLine } from '../print/printMessage.ts'

interface Options extends CommonOptions {
  readonly delivered?: boolean
  readonly fence?: number
  readonly idempotencyKey?: string
}

/** The message's id: what was typed, or that of the run's message that ends so. */
async function findMessageId(invocation: Invocation, typed: string): Promise<string> {
  const { messages } = invocation.pawl
  return findId(typed, async function* () {
    const { run } = await chooseRun(invocation, undefined)
    yield* readPages((page) => messages.list(run.id, page))
  })
}

/** `pawl message acknowledge`: confirms that a message was read. */
export function messageAcknowledgeCommand(): Command {
  return createCommand('acknowledge', 'confirm that the agent has read a message', [
    'pawl message acknowledge msg_01k9…',
  ])
    .argument('<message>', 'id of the message, or the end of it, if it is for the run that is meant')
    .option('--delivered', 'only confirm that it has reached the agent')
    .addOption(fenceOption())
    .addOption(keyOption())
    .action(
      createAction<Options, [string]>(async (invocation, { delivered, fence, idempotencyKey }, id) => {
        const receipt = delivered ? 'DELIVERED' : 'CONSUMED'
        const messageId = await findMessageId(invocation, id)
        const result = await invocation.pawl.messages.acknowledge(messageId, receipt, {
          fence,
          idempotencyKey,
        })
        return invocation.answerResult(result, (success, printer) =>
          printer.line(messageLine(printer, success.runMessage)),
        )
      }),
    )
}

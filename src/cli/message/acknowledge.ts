import type { Command } from 'commander'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { createCommand, fenceOption, keyOption } from '../kit/options.ts'
import { messageLine } from '../print/printMessage.ts'

interface Options extends CommonOptions {
  readonly delivered?: boolean
  readonly fence?: number
  readonly idempotencyKey?: string
}

/** `pawl message acknowledge`: confirms that a message was read. */
export function messageAcknowledgeCommand(): Command {
  return createCommand('acknowledge', 'confirm that the agent has read a message', [
    'pawl message acknowledge msg_01k9…',
  ])
    .argument('<message>', 'id of the message')
    .option('--delivered', 'only confirm that it has reached the agent')
    .addOption(fenceOption())
    .addOption(keyOption())
    .action(
      createAction<Options, [string]>(async (invocation, { delivered, fence, idempotencyKey }, id) => {
        const receipt = delivered ? 'DELIVERED' : 'CONSUMED'
        const result = await invocation.pawl.messages.acknowledge(id, receipt, { fence, idempotencyKey })
        return invocation.answerResult(result, (success, printer) =>
          printer.line(messageLine(printer.colors, success.runMessage)),
        )
      }),
    )
}

import type { Command } from 'commander'
import { act } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { createCommand, fenceOption, keyOption } from '../kit/options.ts'
import { messageLine } from '../print/printMessage.ts'

interface Options extends CommonOptions {
  readonly delivered?: boolean
  readonly fence?: number
  readonly idempotencyKey?: string
}

/** `pawl message acknowledge`: an agent's receipt. */
export function messageAcknowledgeCommand(): Command {
  return createCommand('acknowledge', "an agent's receipt: the message was taken in", [
    'pawl message acknowledge msg_01k9…',
  ])
    .argument('<message>', 'id of the message')
    .option('--delivered', 'it has reached the agent, which has yet to act on it')
    .addOption(fenceOption())
    .addOption(keyOption())
    .action(
      act<Options, [string]>(async (invocation, { delivered, fence, idempotencyKey }, id) => {
        const receipt = delivered ? 'DELIVERED' : 'CONSUMED'
        const result = await invocation.pawl.messages.acknowledge(id, receipt, { fence, idempotencyKey })
        return invocation.settle(result, (success, paper) =>
          paper.line(messageLine(paper.colors, success.acknowledged)),
        )
      }),
    )
}

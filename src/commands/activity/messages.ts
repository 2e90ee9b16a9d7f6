import type { Message } from '../../lifecycle/run/run.ts'
import type { MessageMode, Receipt } from '../../lifecycle/run/enums.ts'
import { findMessages } from '../../store/activity/findWork.ts'
import type { ResultOf } from '../kit/answers.ts'
import { type WorkSuccess, changeWork, withRowMade } from './changeWork.ts'
import { changeRun } from '../run/changeRun.ts'
import { type Caller, type Commands, fenceOf, type Keyed } from '../kit/context.ts'
import { newId } from '../kit/ids.ts'
import { type RunInput, requestOf } from '../run/runCommands.ts'

/** A steering message to a live run. */
export interface SendMessage extends RunInput {
  readonly text: string
  readonly mode?: MessageMode | null | undefined
}

/** Sends a message to the owner of a run. Problem: RunNotActive. */
export async function sendMessage(
  commands: Commands,
  caller: Caller,
  input: SendMessage,
): Promise<ResultOf<'sendMessage', WorkSuccess<Message>>> {
  const answer = await changeRun(commands, caller, {
    runId: input.runId,
    command: {
      type: 'sendMessage',
      messageId: newId('message'),
      text: input.text,
      mode: input.mode ?? 'STEER',
    },
    ...requestOf(input),
  })
  if (!answer.ok) return answer
  const id = answer.event?.type === 'message.sent' ? answer.event.payload.id : null
  return withRowMade(commands, answer, { id, among: answer.run.run.messages, find: findMessages })
}

/** The owner's receipt. */
export interface AcknowledgeMessage extends Keyed {
  readonly messageId: string
  readonly receipt: Receipt
  readonly mode?: MessageMode | null | undefined
  readonly fence?: number | null | undefined
}

/**
 * Acknowledges a message; after settling it answers UNDELIVERED and changes nothing. Problems: NotFound,
 * LeaseLost.
 */
export function acknowledgeMessage(
  commands: Commands,
  caller: Caller,
  input: AcknowledgeMessage,
): Promise<ResultOf<'acknowledgeMessage', WorkSuccess<Message>>> {
  const { messageId, receipt, mode = null } = input
  const fence = fenceOf(caller, input.fence)
  return changeWork(commands, caller, {
    table: 'message',
    id: messageId,
    command: { type: 'acknowledgeMessage', messageId, receipt, mode, fence },
    input,
    pick: (run) => run.messages.find(({ id }) => id === messageId),
  })
}

import type { WorkSuccess } from '../../commands/activity/changeWork.ts'
import { acknowledgeMessage, sendMessage } from '../../commands/activity/messages.ts'
import type { Message } from '../../lifecycle/run/run.ts'
import { MESSAGE_MODES, RECEIPTS } from '../../lifecycle/run/enums.ts'
import { MessageMode, Receipt } from '../enums/workEnums.ts'
import {
  defaulted,
  defineInput,
  fence,
  idempotencyKey,
  idOf,
  ifRevision,
  required,
  oneOf,
  runId,
  nonEmptyText,
} from '../kit/input.ts'
import { defineMutation, REPLAYED } from '../answers/mutation.ts'
import { MessageRef } from '../kit/refs.ts'

const toNode = ({ run: { run }, row: message }: WorkSuccess<Message>) => ({
  runId: run.id,
  message,
})

defineMutation('sendMessage', {
  description: 'Sends a message to a run; its owner receives it as a directive and delivers it to the agent.',
  input: defineInput('SendMessageInput', 'What to tell the agent of a run, and when.', {
    runId,
    text: required(nonEmptyText(65_536, 'What it says.')),
    mode: defaulted(oneOf(MessageMode, MESSAGE_MODES, 'When to deliver it to the agent.'), 'STEER'),
    ifRevision,
    idempotencyKey,
  }),
  run: ({ commands, caller }, input) => sendMessage(commands, caller, input),
  success: (t) => ({
    runMessage: t.field({ type: MessageRef, description: 'The current message.', resolve: toNode }),
    isReplayed: t.exposeBoolean('replayed', REPLAYED),
  }),
})

defineMutation('acknowledgeMessage', {
  description:
    "The owner's receipt for a message. After the run has settled it changes nothing and returns the final status of the message.",
  input: defineInput('AcknowledgeMessageInput', 'How far a message has come on its way to the agent.', {
    messageId: required(idOf('message', 'What was received')),
    receipt: required(oneOf(Receipt, RECEIPTS, 'How far it was delivered.')),
    mode: oneOf(
      MessageMode,
      MESSAGE_MODES,
      'How it reached the agent, and its `mode` from now on; left out: as it was sent. A STEER that could not be passed on in the turn became a FOLLOW_UP.',
    ),
    fence,
    ifRevision,
    idempotencyKey,
  }),
  run: ({ commands, caller }, input) => acknowledgeMessage(commands, caller, input),
  success: (t) => ({
    runMessage: t.field({ type: MessageRef, description: 'The current message.', resolve: toNode }),
    isReplayed: t.exposeBoolean('replayed', REPLAYED),
  }),
})

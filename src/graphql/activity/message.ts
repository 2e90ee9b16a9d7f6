import { builder } from '../kit/builder.ts'
import { connectionOf } from '../kit/connection.ts'
import { resolveRunOf } from '../request/context.ts'
import { MessageMode, MessageStatus } from '../enums/workEnums.ts'
import { MessageRef, NodeRef, RunRef } from '../kit/refs.ts'
import { statementCost } from '../request/statementCost.ts'

builder.objectType(MessageRef, {
  description: 'Steering text sent to a live run.',
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ description: 'Its id, `msg_…`.', resolve: ({ message }) => message.id }),
    run: t.field({
      type: RunRef,
      description: 'The run it was sent to.',
      extensions: statementCost(1),
      resolve: resolveRunOf,
    }),
    text: t.string({ description: 'What it says.', resolve: ({ message }) => message.text }),
    mode: t.field({
      type: MessageMode,
      description: 'When to deliver it to the agent; once its receipt is there, how it reached the agent.',
      resolve: ({ message }) => message.mode,
    }),
    status: t.field({
      type: MessageStatus,
      description: 'How far it was delivered.',
      resolve: ({ message }) => message.status,
    }),
    sentBy: t.string({
      description: 'The name of the principal that wrote it.',
      resolve: ({ message }) => message.sentBy,
    }),
    sentAt: t.field({
      type: 'DateTime',
      description: 'When the server accepted it.',
      resolve: ({ message }) => message.sentAt,
    }),
  }),
})

export const MessageConnection = connectionOf('Message', MessageRef)

import { z } from 'zod'
import { defineAgentTool } from '../kit/tool.ts'
import { listWaiting, messageResult } from '../kit/waitingMessages.ts'
import { isSuccess } from '@pawl/sdk'

/** Reads the messages for the agent, and acknowledges those it has read. */
export const messages = defineAgentTool({
  name: 'pawl_messages',
  title: 'Read messages from people',
  description:
    'Shows what people have told this run that was not acknowledged. Acknowledge a message once you follow it, so that it is not given to you again.',
  hints: { isIdempotent: true },
  input: z.strictObject({
    acknowledge: z
      .array(z.string())
      .max(50)
      .default([])
      .describe('Ids of messages that you have read and follow.'),
  }),
  result: z.object({ messages: z.array(messageResult) }),
  async perform({ pawl, runId, call }, { acknowledge }) {
    for (const id of acknowledge) {
      const result = await pawl.messages.acknowledge(id, 'CONSUMED', call)
      if (!isSuccess(result)) return { problem: result }
    }
    const waiting = await listWaiting(pawl, runId, call)
    const lines = waiting.map(({ id, sentBy, text }) => `${id} from ${sentBy}: ${text}`)
    const say = lines.length === 0 ? 'No message waits for you.' : lines.join('\n')
    return { say, result: { messages: waiting } }
  },
})

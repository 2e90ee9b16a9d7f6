import type { CallOptions, Message, Pawl } from '@pawl/sdk'
import { z } from 'zod'

/** A message, as a tool shows it. */
export const messageResult = z.object({
  id: z.string(),
  text: z.string(),
  mode: z.string(),
  status: z.string(),
  sentBy: z.string(),
  sentAt: z.string(),
})

/** How many messages of a run are looked at; more than an agent ever has unread. */
const MAX_MESSAGES = 500

/** The messages that the run's agent has not acknowledged, oldest first. */
export async function listWaiting(pawl: Pawl, runId: string, call: CallOptions) {
  const { nodes } = await pawl.messages.list(runId, { first: MAX_MESSAGES, ...call })
  return nodes.filter(({ status }) => status === 'PENDING' || status === 'DELIVERED').map(toResult)
}

function toResult({ id, text, mode, status, sentBy, sentAt }: Message) {
  return { id, text, mode, status, sentBy, sentAt }
}

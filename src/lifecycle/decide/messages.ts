import { isSettledStatus } from '../run/enums.ts'
import { admits, stateOf } from '../run/transitions.ts'
import type { Rule, RuleTable } from './rule.ts'

/** Sends a steering message to a run that is active and not being cancelled. */
const decideSendMessage: Rule<'sendMessage'> = (draft, { messageId: id, text, mode }) => {
  const { run } = draft
  if (!admits('sendMessage', stateOf(run))) return { type: 'RunNotActive', status: run.status }
  draft.note('message.sent', { id, text, mode })
  return 'accepted'
}

/** Records the owner's receipt, and how the message reached the agent; a late or repeated receipt changes nothing. */
const decideAcknowledgeMessage: Rule<'acknowledgeMessage'> = (draft, { messageId, receipt, mode }) => {
  const { run } = draft
  const message = run.messages.find(({ id }) => id === messageId)
  if (!message) return { type: 'NotFound', kind: 'MESSAGE', id: messageId }
  const advances = message.status === 'PENDING' || (message.status === 'DELIVERED' && receipt === 'CONSUMED')
  if (isSettledStatus(run.status) || !advances) return 'unchanged'
  const isOther = mode !== null && mode !== message.mode
  draft.note('message.acknowledged', { id: messageId, receipt, ...(isOther && { mode }) })
  return 'accepted'
}

/** The rules of commands about messages. */
export const messageRules = {
  sendMessage: decideSendMessage,
  acknowledgeMessage: decideAcknowledgeMessage,
} satisfies Partial<RuleTable>

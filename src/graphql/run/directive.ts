import type { Directive } from '../../lifecycle/answers/derive.ts'
import type { DirectiveKind as Kind } from '../../lifecycle/run/enums.ts'
import { builder } from '../kit/builder.ts'
import { DirectiveKind } from '../enums/runEnums.ts'
import { type MessageNode, MessageRef } from '../kit/refs.ts'

/** A directive with its message, if it has one. */
interface DirectiveNode {
  readonly kind: Kind
  readonly message: MessageNode | null
}

export const DirectiveRef = builder.objectRef<DirectiveNode>('Directive').implement({
  description: 'What the server tells the owner of a run.',
  fields: (t) => ({
    kind: t.expose('kind', { type: DirectiveKind, description: 'What to do.' }),
    message: t.expose('message', {
      type: MessageRef,
      nullable: true,
      description:
        'For MESSAGE: what to deliver to the agent; otherwise null. It is repeated until it is acknowledged.',
    }),
  }),
})

/** Converts a directive to its API form. */
export function toDirective(runId: string, { kind, message }: Directive): DirectiveNode {
  return { kind, message: message && { runId, message } }
}

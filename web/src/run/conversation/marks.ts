import type { RunEvent } from '@pawl/sdk'

type Event<Type extends RunEvent['type']> = Extract<RunEvent, { readonly type: Type }>

/** Something of the run's log that stands between what an agent says: a prompt, or what a person said. */
export type Mark = Event<
  'PROMPT_SENDING' | 'PROMPT_SENT' | 'MESSAGE_SENT' | 'APPROVAL_DECIDED' | 'SESSION_RECOVERED'
>

/** The marks of a session's conversation, in the order of the log. A prompt stands where it began to be sent. */
export function findMarks(events: readonly RunEvent[], sessionId: string): readonly Mark[] {
  const begun = new Set<string>()
  return events.filter((event): event is Mark => {
    switch (event.type) {
      case 'PROMPT_SENDING':
      case 'PROMPT_SENT': {
        const { sessionId: to, dedupKey } = event.payload
        if (to !== sessionId || begun.has(dedupKey)) return false
        begun.add(dedupKey)
        return true
      }
      case 'SESSION_RECOVERED':
        return event.payload.id === sessionId
      case 'MESSAGE_SENT':
      case 'APPROVAL_DECIDED':
        return true
      default:
        return false
    }
  })
}

/** A mark as plain text. */
export function markText(mark: Mark): string {
  if (mark.type === 'MESSAGE_SENT') return mark.payload.text
  return mark.type === 'APPROVAL_DECIDED' && mark.payload.comment
    ? `${mark.summary}\n${mark.payload.comment}`
    : mark.summary
}

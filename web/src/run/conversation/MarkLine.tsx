import { Markdown } from '../../elements/Markdown.tsx'
import type { Mark } from './marks.ts'

/** A prompt, or what a person said, between what the agent says. */
export function MarkLine({ mark }: { readonly mark: Mark }) {
  switch (mark.type) {
    case 'PROMPT_SENDING':
    case 'PROMPT_SENT': {
      const { phase, round, attempt, repair } = mark.payload
      return (
        <p className="mark-prompt">
          <strong>{repair ? 'Asked to mend' : 'Prompted for'}</strong> <code>{phase}</code>
          <span className="soft">
            {round > 1 && `, round ${round}`}
            {attempt > 1 && `, attempt ${attempt}`}
          </span>
        </p>
      )
    }
    case 'MESSAGE_SENT':
      return (
        <div className="mark-person">
          <p>
            <strong>{mark.actor.name}</strong>{' '}
            <span className="soft">
              {mark.payload.mode === 'STEER' ? 'to the agent, at once' : 'to the agent, for when it is ready'}
            </span>
          </p>
          <Markdown text={mark.payload.text} />
        </div>
      )
    case 'APPROVAL_DECIDED':
      return (
        <div className="mark-person">
          <p>{mark.summary}</p>
          {mark.payload.comment?.includes('\n') && <Markdown text={mark.payload.comment} />}
        </div>
      )
    case 'SESSION_RECOVERED':
      return <p className="soft">{mark.summary}</p>
  }
}

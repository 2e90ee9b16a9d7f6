import type { MessageMode, MessageStatus, StoredRun } from '@pawl/sdk'
import { useAction } from '@pawl/sdk/react'
import { useState } from 'react'
import { ActionButton } from '../elements/ActionButton.tsx'
import { Ago } from '../elements/Age.tsx'
import { Badge } from '../elements/Badge.tsx'
import { Problem, describeError } from '../elements/Problem.tsx'
import type { Word } from '../elements/words.ts'
import { useRunData } from '../activity/useRunData.ts'

const RECEIPT: Readonly<Record<MessageStatus, Word>> = {
  PENDING: { label: 'Waiting', tone: 'quiet', means: 'Waits for the owner' },
  DELIVERED: { label: 'Delivered', tone: 'live', means: 'The owner has it' },
  CONSUMED: { label: 'Read', tone: 'good', means: 'The agent has read it' },
  UNDELIVERED: { label: 'Undelivered', tone: 'half', means: 'The run settled before the agent read it' },
}

const WANTED: Readonly<Record<MessageMode, string>> = { STEER: 'now', FOLLOW_UP: 'when ready' }
const REACHED: Readonly<Record<MessageMode, string>> = {
  STEER: 'in its turn',
  FOLLOW_UP: 'with a later prompt',
}
/** How a message is to reach the agent, or has reached it. */
const WAY: Readonly<Record<MessageStatus, Readonly<Record<MessageMode, string>>>> = {
  PENDING: WANTED,
  DELIVERED: REACHED,
  CONSUMED: REACHED,
  UNDELIVERED: WANTED,
}

/** The messages to the run's agent with their delivery, and a form for another one. */
export function Messages({ run }: { readonly run: StoredRun }) {
  const runId = run.id
  const { value, error, refresh } = useRunData(
    `messages ${runId}`,
    run.revision,
    async (pawl, signal) => (await pawl.messages.list(runId, { first: 200, signal })).nodes,
  )
  const send = useAction((pawl, text: string, mode: MessageMode) => pawl.messages.send(runId, text, { mode }))
  const [text, setText] = useState('')
  const [mode, setMode] = useState<MessageMode>('STEER')
  const submit = async () => {
    const result = await send.send(text.trim(), mode)
    if (result?.__typename === 'SendMessageSuccess') {
      setText('')
      refresh()
    }
  }
  return (
    <section aria-label="Messages" className="pane">
      {run.allowedCommands?.includes('SEND_MESSAGE') && (
        <form
          className="compose"
          onSubmit={(event) => {
            event.preventDefault()
            if (text.trim()) void submit()
          }}
        >
          <label className="field">
            Message to the agent
            <textarea rows={2} value={text} onChange={({ target }) => setText(target.value)} />
          </label>
          <div className="compose-end">
            <label>
              <span className="hidden">When it reaches the agent</span>
              <select value={mode} onChange={({ target }) => setMode(target.value as MessageMode)}>
                <option value="STEER">now, while it works</option>
                <option value="FOLLOW_UP">when it is ready</option>
              </select>
            </label>
            <ActionButton look="button-main" type="submit" isPending={send.isPending} disabled={!text.trim()}>
              Send
            </ActionButton>
          </div>
        </form>
      )}
      <Problem problem={send.problem} error={send.error} />
      {error !== undefined && <p className="problem">{describeError(error)}</p>}
      {value?.length === 0 && <p className="soft">Nothing was said yet.</p>}
      <ul className="messages">
        {value?.map(({ id, text, mode, status, sentBy, sentAt }) => (
          <li key={id} className="message" data-message={status}>
            <p>{text}</p>
            <p className="soft">
              {sentBy}, <Ago at={sentAt} /> · {WAY[status][mode]} <Badge word={RECEIPT[status]} />
            </p>
          </li>
        ))}
      </ul>
    </section>
  )
}

import type { RunDetail, StoredRun } from '@pawl/sdk'
import { isSuccess } from '@pawl/sdk'
import { useAction } from '@pawl/sdk/react'
import { useState } from 'react'
import { ActionButton } from '../elements/ActionButton.tsx'
import { Problem } from '../elements/Problem.tsx'

interface ResumeFormProps {
  readonly run: StoredRun
  readonly detail: RunDetail | undefined
}

/** Resumes a run that ended undone, with a word to its agent that can be changed before. */
export function ResumeForm({ run, detail }: ResumeFormProps) {
  const { id } = run
  const [typed, setTyped] = useState<string>()
  const text = typed ?? composeNudge(run, detail)
  const resume = useAction((pawl) => pawl.runs.resume(id))
  // The agent is given it with its next prompt.
  const send = useAction((pawl, word: string) => pawl.messages.send(id, word, { mode: 'FOLLOW_UP' }))
  const act = async () => {
    const result = await resume.send()
    if (result && isSuccess(result) && text.trim()) await send.send(text.trim())
  }
  return (
    <form
      className="resume"
      onSubmit={(event) => {
        event.preventDefault()
        void act()
      }}
    >
      <label className="field">
        A word to the agent, with its next prompt
        <textarea rows={3} value={text} onChange={({ target }) => setTyped(target.value)} />
      </label>
      <Problem problem={resume.problem ?? send.problem} error={resume.error ?? send.error} />
      <div className="actions-row">
        <ActionButton type="submit" isPending={resume.isPending || send.isPending}>
          Resume with these words
        </ActionButton>
      </div>
    </form>
  )
}

function composeNudge({ phase }: StoredRun, detail: RunDetail | undefined): string {
  const missing = detail?.missingEvidence.map(({ detail }) => `- ${detail}`) ?? []
  const where = phase ? ` at ${phase}` : ''
  return [`You stopped${where} before the work was done. Go on from there.`, ...missing].join('\n')
}

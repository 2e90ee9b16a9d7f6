import { type Approval, createPawl, entryText } from '@pawl/sdk'
import {
  PawlProvider,
  useAction,
  useApprovals,
  useConnection,
  useMessages,
  useRun,
  useRunEvents,
  useRuns,
  useSession,
  useTranscript,
  useWorkspace,
  type WholeRun,
} from '@pawl/sdk/react'
import { createElement as h, memo, StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'

/** How often each part was drawn, by its name. */
const drawn: Record<string, number> = {}
const note = (name: string) => (drawn[name] = (drawn[name] ?? 0) + 1)

const Row = memo(function Row({ run }: { readonly run: WholeRun }) {
  note(`row ${run.id}`)
  return `${run.title} ${run.status}`
})

function Runs() {
  const { runs } = useRuns({ filter: { statuses: ['RUNNING', 'PAUSED'] } })
  return h(
    'p',
    { id: 'runs' },
    runs.map((run, index) => [index > 0 && ', ', h(Row, { key: run.id, run })]),
  )
}

function Connection() {
  return h('p', { id: 'connection' }, useConnection().phase)
}

function Run({ runId }: { readonly runId: string }) {
  const { run, detail, isMissing } = useRun(runId)
  const { items } = useRunEvents(runId)
  const pause = useAction((pawl) => pawl.runs.pause(runId))
  return h(
    'div',
    null,
    h('p', { id: 'run' }, isMissing ? 'missing' : `${run?.status} ${detail?.phases[0]?.status}`),
    h('p', { id: 'events' }, items.map(({ type }) => type).join(' ')),
    h('button', { id: 'pause', onClick: () => void pause.send() }, 'Pause'),
    h('p', { id: 'action' }, pause.success?.__typename ?? pause.problem?.message ?? ''),
  )
}

function Transcript({ sessionId }: { readonly sessionId: string }) {
  return h('p', { id: 'transcript' }, useTranscript(sessionId).entries.map(entryText).join(''))
}

const Question = memo(function Question({ approval }: { readonly approval: Approval }) {
  note(`question ${approval.id}`)
  const approve = useAction((pawl) =>
    pawl.approvals.decide(approval.id, { decision: 'APPROVE', digest: approval.digest }),
  )
  const onClick = () => void approve.send()
  return h('button', { onClick, disabled: approve.isPending }, `approve ${approval.run.title}`)
})

function Questions() {
  const { approvals, isLoading, error } = useApprovals()
  const rows = approvals.map((approval) => h(Question, { key: approval.id, approval }))
  return h('div', { id: 'questions' }, error ? String(error) : isLoading ? 'loading' : rows)
}

function Work({ runId, sessionId }: { readonly runId: string; readonly sessionId: string }) {
  const { messages, ...read } = useMessages(runId)
  const { session } = useSession(sessionId)
  const { workspace, isMissing, error } = useWorkspace(runId)
  const told = messages.map(({ text, status }) => `${text} ${status}`).join(', ')
  return h(
    'div',
    null,
    h('p', { id: 'messages' }, read.isLoading ? 'loading' : read.error ? String(read.error) : told),
    h('p', { id: 'session' }, session?.status),
    h('p', { id: 'workspace' }, isMissing ? 'none' : `${workspace?.path} ${workspace?.preview.status}`),
    h('p', { id: 'refused' }, error ? String(error) : ''),
  )
}

function Page() {
  const [[runId, sessionId], look] = useState<readonly (string | undefined)[]>([])
  Object.assign(window, { drawn, look: (...ids: string[]) => look(ids) })
  return h(
    'div',
    null,
    h(Connection),
    h(Runs),
    h(Questions),
    runId && h(Run, { key: runId, runId }),
    sessionId && h(Transcript, { sessionId }),
    runId && sessionId && h(Work, { key: `work of ${runId}`, runId, sessionId }),
  )
}

const { token } = window as unknown as { token: string }
const root = document.getElementById('root')
if (!root) throw new Error('The page has no place for the hooks')
// Streams come as server-sent events: the page that is tried here belongs to another origin than the server.
const pawl = createPawl({ token, WebSocket: false })
createRoot(root).render(h(StrictMode, null, h(PawlProvider, { pawl }, h(Page))))

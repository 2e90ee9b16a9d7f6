import type { Approval, Message, Page, Pawl, Run, RunDetail, SessionDetail, WorkspaceDetail } from '@pawl/sdk'
import {
  PawlProvider,
  useApprovals,
  useMessages,
  useRun,
  useRuns,
  useSession,
  useWorkspace,
} from '@pawl/sdk/react'
import { createElement as h } from 'react'

/** What a server has read for the first drawing. */
export interface Handed {
  readonly runs: Page<Run>
  readonly run: RunDetail | null
  readonly approvals: Page<Approval>
  readonly messages: Page<Message>
  readonly session: SessionDetail | null
  readonly workspace: WorkspaceDetail | null
}

interface HandedProps {
  readonly runId: string
  readonly sessionId: string
  /** Undefined: nothing was read. */
  readonly handed: Handed | undefined
}

/** A page that is drawn on a server, and taken over by a browser. */
export function HandedPage({ pawl, ...props }: HandedProps & { readonly pawl: Pawl }) {
  return h(PawlProvider, { pawl }, h(Parts, props))
}

function Parts({ runId, sessionId, handed }: HandedProps) {
  const list = useRuns({ initial: handed?.runs })
  const { run, detail, ...one } = useRun(runId, { initial: handed?.run })
  const questions = useApprovals({ initial: handed?.approvals })
  const { messages } = useMessages(runId, { initial: handed?.messages })
  const { session } = useSession(sessionId, { initial: handed?.session })
  const { workspace } = useWorkspace(runId, { initial: handed?.workspace })
  const loading = [list.isLoading, one.isLoading, questions.isLoading].filter(Boolean).length
  const rows = [
    list.runs.map(({ title }) => title).join(),
    `${run?.title} ${run?.status} ${run?.phase} ${detail?.phases.length}`,
    questions.approvals.map(({ question }) => question).join(),
    messages.map(({ text }) => text).join(),
    session?.role,
    workspace?.path,
  ]
  return h(
    'ul',
    { 'data-loading': loading },
    rows.map((row, index) => h('li', { key: index }, row ?? '')),
  )
}

import type { RunDetail, RunEvent, StoredRun } from '@pawl/sdk'
import { useRunEvents } from '@pawl/sdk/react'
import type { Lines } from '@pawl/sdk/react'
import type { KeyboardEvent, ReactNode } from 'react'
import { navigate, withParameters } from '../elements/address.ts'
import type { PageAddress } from '../elements/address.ts'
import { Removed } from '../elements/Removed.tsx'
import { Artifacts } from './Artifacts.tsx'
import { Conversation } from './conversation/Conversation.tsx'
import { Decisions } from './Decisions.tsx'
import { Executions } from './Executions.tsx'
import { Family } from './Family.tsx'
import { EventLog } from './log/EventLog.tsx'
import { Messages } from './Messages.tsx'
import { Raw } from './Raw.tsx'
import { Timeline } from './timeline/Timeline.tsx'
import { WorkspacePane } from './WorkspacePane.tsx'

interface TabsProps {
  readonly run: StoredRun
  readonly detail: RunDetail | undefined
  readonly place: PageAddress
}

/** What a tab is drawn from. */
interface Shown extends TabsProps {
  readonly log: Lines<RunEvent>
}

interface Tab {
  readonly key: string
  readonly label: string
  draw(shown: Shown): ReactNode
}

const CONVERSATION: Tab = {
  key: 'conversation',
  label: 'Conversation',
  draw: ({ run: { id, revision }, detail, log, place }) =>
    detail?.contentRemoval ? (
      <Removed what="What was said to its agents and by them" removal={detail.contentRemoval} />
    ) : (
      <Conversation runId={id} revision={revision} events={log.items} place={place} />
    ),
}
const TABS: readonly Tab[] = [
  CONVERSATION,
  {
    key: 'timeline',
    label: 'Timeline',
    draw: ({ run, log, place }) => <Timeline run={run} events={log.items} place={place} />,
  },
  {
    key: 'events',
    label: 'Events',
    draw: ({ log, place }) => <EventLog log={log} at={readNumber(place, 'at')} />,
  },
  {
    key: 'files',
    label: 'Files',
    draw: ({ run: { id, revision }, place }) => <Artifacts runId={id} revision={revision} place={place} />,
  },
  {
    key: 'processes',
    label: 'Processes',
    draw: ({ run: { id, revision } }) => <Executions runId={id} revision={revision} />,
  },
  { key: 'approvals', label: 'Approvals', draw: ({ run }) => <Decisions run={run} /> },
  { key: 'messages', label: 'Messages', draw: ({ run }) => <Messages run={run} /> },
  { key: 'related', label: 'Related', draw: ({ run, detail }) => <Family run={run} detail={detail} /> },
  { key: 'workspace', label: 'Workspace', draw: ({ run }) => <WorkspacePane run={run} /> },
  { key: 'raw', label: 'Raw', draw: ({ detail }) => detail && <Raw detail={detail} /> },
]

/** The tabs of a run; the chosen one is part of the address. */
export function Tabs({ run, detail, place }: TabsProps) {
  const wanted = new URLSearchParams(place.search).get('tab')
  const tab = TABS.find(({ key }) => key === wanted) ?? CONVERSATION
  const log = useRunEvents(run.id)
  const open = ({ key }: Tab) =>
    navigate(withParameters(place, { tab: key === CONVERSATION.key ? undefined : key, at: undefined }), {
      isReplacing: true,
    })
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const at = TABS.indexOf(tab)
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: TABS.length - 1 }[event.key]
    if (next === undefined) return
    event.preventDefault()
    const target = TABS[(next + TABS.length) % TABS.length]
    if (!target) return
    open(target)
    event.currentTarget.querySelector<HTMLElement>(`#tab-${target.key}`)?.focus()
  }
  return (
    <section className="panel tabs" aria-label="What happened">
      <h2 className="hidden">What happened</h2>
      <div role="tablist" className="tablist" aria-label="What is shown" onKeyDown={onKeyDown}>
        {TABS.map((one) => (
          <button
            key={one.key}
            id={`tab-${one.key}`}
            type="button"
            role="tab"
            aria-selected={one === tab}
            aria-controls="tab-panel"
            tabIndex={one === tab ? 0 : -1}
            onClick={() => open(one)}
          >
            {one.label}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="tab-panel" aria-labelledby={`tab-${tab.key}`}>
        {tab.draw({ run, detail, place, log })}
      </div>
    </section>
  )
}

function readNumber({ search }: PageAddress, name: string): number | undefined {
  const text = new URLSearchParams(search).get(name)
  return text === null ? undefined : Number(text)
}

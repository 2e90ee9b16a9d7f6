import type { RunDetail, StoredRun } from '@pawl/sdk'
import type { KeyboardEvent, ReactNode } from 'react'
import { navigate, withParameters } from '../elements/address.ts'
import type { PageAddress } from '../elements/address.ts'
import { Artifacts } from './Artifacts.tsx'
import { Decisions } from './Decisions.tsx'
import { Executions } from './Executions.tsx'
import { Family } from './Family.tsx'
import { Messages } from './Messages.tsx'
import { Raw } from './Raw.tsx'
import { Sessions } from './Sessions.tsx'
import { Timeline } from './Timeline.tsx'
import { WorkspacePane } from './WorkspacePane.tsx'

interface TabsProps {
  readonly run: StoredRun
  readonly detail: RunDetail | undefined
  readonly place: PageAddress
}

interface Tab {
  readonly key: string
  readonly label: string
  draw(run: StoredRun, detail: RunDetail | undefined): ReactNode
}

const TIMELINE: Tab = { key: 'timeline', label: 'Timeline', draw: ({ id }) => <Timeline runId={id} /> }
const TABS: readonly Tab[] = [
  TIMELINE,
  {
    key: 'sessions',
    label: 'Sessions',
    draw: ({ id, revision }) => <Sessions runId={id} revision={revision} />,
  },
  {
    key: 'artifacts',
    label: 'Artifacts',
    draw: ({ id, revision }) => <Artifacts runId={id} revision={revision} />,
  },
  {
    key: 'executions',
    label: 'Executions',
    draw: ({ id, revision }) => <Executions runId={id} revision={revision} />,
  },
  { key: 'approvals', label: 'Approvals', draw: (run) => <Decisions run={run} /> },
  { key: 'messages', label: 'Messages', draw: (run) => <Messages run={run} /> },
  { key: 'family', label: 'Family', draw: (run, detail) => <Family run={run} detail={detail} /> },
  { key: 'workspace', label: 'Workspace', draw: (run) => <WorkspacePane run={run} /> },
  { key: 'raw', label: 'Raw', draw: (_, detail) => detail && <Raw detail={detail} /> },
]

/** The tabs of a run; the chosen one is part of the address. */
export function Tabs({ run, detail, place }: TabsProps) {
  const wanted = new URLSearchParams(place.search).get('tab')
  const tab = TABS.find(({ key }) => key === wanted) ?? TIMELINE
  const open = ({ key }: Tab) =>
    navigate(withParameters(place, { tab: key === TIMELINE.key ? undefined : key }), { isReplacing: true })
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
    <section className="panel tabs" aria-label="Below the run">
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
        {tab.draw(run, detail)}
      </div>
    </section>
  )
}

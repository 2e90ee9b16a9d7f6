import { lazy, Suspense, useEffect } from 'react'
import { useNotifications } from '../inbox/notifications.ts'
import type { PendingApprovals } from '../inbox/usePending.ts'
import { usePending } from '../inbox/usePending.ts'
import { Board } from '../board/Board.tsx'
import { Loading, PageBoundary } from './PageBoundary.tsx'
import { Connection } from './Connection.tsx'
import { setTitleCount } from '../elements/title.ts'
import { Link } from '../elements/Link.tsx'
import type { PageAddress } from '../elements/address.ts'
import { useSession } from '../account/session.ts'
import { useTheme } from './theme.ts'

// The code of these pages is loaded when one is opened.
const Inbox = lazy(async () => ({ default: (await import('../inbox/Inbox.tsx')).Inbox }))
const RunPage = lazy(async () => ({ default: (await import('../run/RunPage.tsx')).RunPage }))
const Start = lazy(async () => ({ default: (await import('../start/Start.tsx')).Start }))

const THEMES = { system: 'Auto', light: 'Light', dark: 'Dark' }

/** The frame around every page, and the page of the address. */
export function Shell({ place, onLeave }: { readonly place: PageAddress; readonly onLeave: () => void }) {
  const { viewer, server } = useSession()
  const [theme, nextTheme] = useTheme()
  const pending = usePending()
  const waiting = pending.approvals?.length ?? 0
  useNotifications(pending)
  useEffect(() => setTitleCount(waiting), [waiting])
  const at = (path: string) => (place.pathname === path ? ('page' as const) : undefined)
  return (
    <>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="top">
        <Link className="logo" to="/" title={`Pawl ${server.version}`}>
          Pawl
        </Link>
        <nav className="top-nav" aria-label="Pages">
          <Link to="/" aria-current={at('/')}>
            Board
          </Link>
          <Link to="/approvals" aria-current={at('/approvals')}>
            Approvals
            {waiting > 0 && (
              <span className="count">
                {waiting}
                {pending.hasMore && '+'}
                <span className="hidden"> waiting</span>
              </span>
            )}
          </Link>
          <Link to="/start" aria-current={at('/start')}>
            Start
          </Link>
          <a href="/graphql">GraphiQL</a>
        </nav>
        <div className="top-end">
          <Connection />
          <button
            className="button button-quiet"
            type="button"
            onClick={nextTheme}
            title="How the page looks"
          >
            <span className="hidden">Theme: </span>
            {THEMES[theme]}
          </button>
          <span className="viewer">
            {viewer.name} <span className="viewer-role">{viewer.role}</span>
          </span>
          <button className="button button-quiet" type="button" onClick={onLeave}>
            Sign out
          </button>
        </div>
      </header>
      <div id="content" tabIndex={-1}>
        <PageBoundary key={place.pathname}>
          <Suspense fallback={<Loading />}>
            <Page place={place} pending={pending} />
          </Suspense>
        </PageBoundary>
      </div>
    </>
  )
}

interface PageProps {
  readonly place: PageAddress
  readonly pending: PendingApprovals
}

function Page({ place, pending }: PageProps) {
  const runId = /^\/runs\/(\w+)$/.exec(place.pathname)?.[1]
  if (runId) return <RunPage key={runId} runId={runId} place={place} />
  if (place.pathname === '/approvals') return <Inbox pending={pending} place={place} />
  if (place.pathname === '/start') return <Start />
  return <Board place={place} />
}

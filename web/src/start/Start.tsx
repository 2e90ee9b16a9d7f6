import { usePawl, useRuns } from '@pawl/sdk/react'
import { useEffect, useMemo, useState } from 'react'
import type { RunDetail, Workflow } from '@pawl/sdk'
import { Ago } from '../elements/Age.tsx'
import { Badge } from '../elements/Badge.tsx'
import { CopyButton } from '../elements/CopyButton.tsx'
import { wordOfRun } from '../elements/words.ts'
import { readClock } from '../elements/clock.ts'
import { Link } from '../elements/Link.tsx'
import type { PageAddress } from '../elements/address.ts'
import { describeError } from '../elements/Problem.tsx'
import { useTitle } from '../elements/title.ts'
import { StartForm } from './StartForm.tsx'

const MUTATION = `mutation Start($input: StartRunInput!) { startRun(input: $input) { __typename ... on StartRunSuccess { run { id status } } ... on Problem { message } } }`

/** Ways to start a run, each with its code. */
const WAYS = [
  {
    title: 'From a terminal',
    note: 'Runs your agent under a lease that it renews, and reports an exit without the work as Incomplete.',
    text: () => `pawl exec --workflow review --title "My first run" -- your-agent --its-arguments`,
  },
  {
    title: 'Into the queue',
    note: 'Waits for a worker that can do it.',
    text: () => `pawl run start review --title "My first run"`,
  },
  {
    title: 'From a program',
    note: 'Everything typed; a refusal is a value with the present truth in it.',
    text: () => `import { createPawl, unwrap } from '@pawl/sdk'

const pawl = createPawl({ url: '${location.origin}', token: process.env.PAWL_TOKEN })
const { run } = unwrap(await pawl.runs.start({ workflow: 'review', title: 'My first run', idempotencyKey: 'first' }))
for await (const frame of pawl.runs.watch(run.id, { untilSettled: true })) console.log(frame.status)`,
  },
  {
    title: 'By hand',
    note: 'Any client of GraphQL will do.',
    text: () => `curl ${location.origin}/graphql \\
  -H "authorization: Bearer $PAWL_TOKEN" -H 'content-type: application/json' \\
  -d '${JSON.stringify({ query: MUTATION, variables: { input: { workflow: 'review', title: 'My first run' } } })}'`,
  },
] as const

/** A form that starts a run, and other ways to start one. Runs that are started meanwhile appear on the page. */
export function Start({ place, mayStart }: { readonly place: PageAddress; readonly mayStart: boolean }) {
  useTitle('Start a run')
  const asked = new URLSearchParams(place.search)
  const continued = asked.get('continues')
  const ready = useReady(continued ?? asked.get('from'))
  const { runs, isLoading } = useRuns({ pageSize: 20 })
  const [openedAt] = useState(readClock)
  const fresh = useMemo(
    () =>
      runs
        .filter(({ createdAt }) => createdAt && Date.parse(createdAt) > openedAt)
        .toReversed()
        .slice(0, 5),
    [runs, openedAt],
  )
  return (
    <main className="page start">
      <h1>Start a run</h1>
      {mayStart && ready.error !== undefined && <p className="problem">{describeError(ready.error)}</p>}
      {mayStart && ready.value && (
        <StartForm
          key={place.search}
          workflows={ready.value.workflows}
          workflow={asked.get('workflow') ?? undefined}
          from={ready.value.from}
          isContinuing={continued !== null}
        />
      )}
      <h2>From elsewhere</h2>
      <p className="soft">
        A token lies in the data directory of the server, in the file <code>token</code>; on its machine the
        command line finds it by itself.
      </p>
      <section className="arrivals" aria-live="polite" aria-label="Just started">
        {fresh.length === 0 ? (
          <p className="arrivals-wait">
            <span className="arrivals-pulse" aria-hidden="true" />
            {isLoading
              ? 'Asking the server …'
              : runs.length === 0
                ? 'Waiting for your first run. It will appear here.'
                : 'Waiting for a new run. It will appear here.'}
          </p>
        ) : (
          <ul className="family">
            {fresh.map(({ id, title, status, outcome, createdAt }) => (
              <li key={id} data-run-id={id} data-status={status}>
                {status && <Badge word={wordOfRun(status, outcome)} />}
                <Link to={`/runs/${id}`}>{title ?? id}</Link>
                {createdAt && (
                  <span className="soft">
                    <Ago at={createdAt} />
                  </span>
                )}
              </li>
            ))}
          </ul>
        )}
      </section>
      {WAYS.map(({ title, note, text }) => (
        <section key={title} className="panel way">
          <div className="pane-head">
            <h3>{title}</h3>
            <span className="soft">{note}</span>
            <CopyButton text={text()} what={title} />
          </div>
          <pre className="source" tabIndex={0}>
            {text()}
          </pre>
        </section>
      ))}
    </main>
  )
}

interface Ready {
  readonly value?: { readonly workflows: readonly Workflow[]; readonly from: RunDetail | undefined }
  readonly error?: unknown
}

/** What the form is filled with: the workflows, and the run that it begins from. */
function useReady(runId: string | null): Ready {
  const pawl = usePawl()
  const [ready, setReady] = useState<Ready>({})
  useEffect(() => {
    const controller = new AbortController()
    const { signal } = controller
    const read = async () => {
      const [{ nodes }, from] = await Promise.all([
        pawl.workflows.list({ first: 500, signal }),
        runId === null ? undefined : pawl.runs.get(runId, { signal }),
      ])
      setReady({ value: { workflows: nodes, from: from ?? undefined } })
    }
    read().catch((error: unknown) => {
      if (!signal.aborted) setReady({ error })
    })
    return () => controller.abort()
  }, [pawl, runId])
  return ready
}

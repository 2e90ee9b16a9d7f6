import type { JsonValue, RunDetail, StoredRun } from '@pawl/sdk'
import type { ReactNode } from 'react'
import { Ago } from '../elements/Age.tsx'
import { CopyButton } from '../elements/CopyButton.tsx'
import { JsonTree } from '../elements/JsonTree.tsx'
import { formatAge } from '../elements/time.ts'
import { useClock } from '../elements/clock.ts'
import { Link } from '../elements/Link.tsx'
import { Removed } from '../elements/Removed.tsx'
import { writeFilter } from '../board/filters.ts'
import { UsageFacts } from './UsageFacts.tsx'

interface FactsProps {
  readonly run: StoredRun
  readonly detail: RunDetail | undefined
}

/** The properties of the run. */
export function Facts({ run, detail }: FactsProps) {
  const {
    id,
    project,
    workflow,
    labels = [],
    epoch,
    round,
    revision,
    lease,
    concurrencyKey,
    createdAt,
    startedAt,
    lastActivityAt,
  } = run
  return (
    <aside className="panel run-facts" aria-label="Facts">
      <dl className="facts">
        <Fact name="Id">
          <code>{id}</code> <CopyButton text={id} what="the id" />
        </Fact>
        <Fact name="Workflow">
          <Link to={writeFilter({ workflow: workflow?.name ?? '' })}>{workflow?.name}</Link>{' '}
          {workflow?.version}
        </Fact>
        <Fact name="Project">
          <Link to={writeFilter({ project: project ?? '' })}>{project}</Link>
        </Fact>
        {labels.length > 0 && (
          <Fact name="Labels">
            {labels.map((label) => (
              <Link key={label} className="label" to={writeFilter({ labels: [label] })}>
                {label}
              </Link>
            ))}
          </Fact>
        )}
        <Fact name="Owner">{lease ? <Owner lease={lease} /> : 'nobody'}</Fact>
        <Fact name="Round">{round}</Fact>
        {epoch !== undefined && epoch > 1 && <Fact name="Settled before">{epoch - 1}×</Fact>}
        {concurrencyKey && <Fact name="Key">{concurrencyKey}</Fact>}
        {createdAt && (
          <Fact name="Created">
            <Ago at={createdAt} />
          </Fact>
        )}
        {startedAt && (
          <Fact name="First claimed">
            <Ago at={startedAt} />
          </Fact>
        )}
        {lastActivityAt && (
          <Fact name="Last activity">
            <Ago at={lastActivityAt} />
          </Fact>
        )}
        {detail?.parent && (
          <Fact name="Parent">
            <Link to={`/runs/${detail.parent.id}`}>{detail.parent.id}</Link>
          </Fact>
        )}
        {detail?.continues && (
          <Fact name="Continues">
            <Link to={`/runs/${detail.continues.id}`}>an earlier run</Link>
          </Fact>
        )}
      </dl>
      <UsageFacts runId={id} revision={revision} />
      {detail?.contentRemoval ? (
        <Removed what="What went in and what came out" removal={detail.contentRemoval} />
      ) : (
        <>
          <Value name="Input" value={detail?.input} />
          <Value name="Output" value={detail?.output} />
        </>
      )}
    </aside>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function Owner({ lease }: { readonly lease: NonNullable<StoredRun['lease']> }) {
  const { owner, fence, expiresAt, isLive } = lease
  const left = useClock((now) => {
    if (expiresAt === null) return 'without a lease'
    const rest = Date.parse(expiresAt) - now
    return isLive && rest > 0 ? `lease ends in ${formatAge(rest)} unless renewed` : 'its lease is over'
  })
  return (
    <>
      {owner}{' '}
      <span className="soft">
        {fence > 1 && `claimed ${fence}×, `}
        {left}
      </span>
    </>
  )
}

function Value({ name, value }: { readonly name: string; readonly value: JsonValue | null | undefined }) {
  if (value === undefined || value === null) return null
  return (
    <details open className="facts-value">
      <summary>{name}</summary>
      <JsonTree value={value} depth={1} />
    </details>
  )
}

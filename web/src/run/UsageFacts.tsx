import type { Usage } from '@pawl/sdk'
import { describeCosts } from '../elements/describeCosts.ts'
import { useRunData } from '../activity/useRunData.ts'

/** What is told of usage changes without a revision, by an agent at work. */
const REFRESH_MS = 15_000

interface UsageFactsProps {
  readonly runId: string
  readonly revision: number | undefined
}

/** What the run's agents used, in all and by phase and session; nothing where none has told. */
export function UsageFacts({ runId, revision }: UsageFactsProps) {
  const { value } = useRunData(
    `usage ${runId}`,
    revision,
    (pawl, signal) => pawl.runs.usage(runId, { executions: 1, signal }),
    REFRESH_MS,
  )
  if (!value?.usage) return null
  const parts = [
    ...value.phases.map(({ id, key, usage }) => ({ id, name: key, usage })),
    ...value.sessions.map(({ id, role, usage }) => ({ id, name: `agent ${role}`, usage })),
  ]
  return (
    <details open className="facts-value" data-usage={runId}>
      <summary>Used</summary>
      <p>{describeSums(value.usage)}</p>
      <dl className="facts">
        {parts.map(
          ({ id, name, usage }) =>
            usage && (
              <div key={id}>
                <dt>{name}</dt>
                <dd>{describeSums(usage)}</dd>
              </div>
            ),
        )}
      </dl>
    </details>
  )
}

function describeSums(usage: Omit<Usage, 'models'>): string {
  const part = (count: number | null, figure: Usage['lacks'][number], what: string) =>
    count === null ? [] : [`${usage.lacks.includes(figure) ? '≥ ' : ''}${count.toLocaleString('en')} ${what}`]
  return [
    ...part(usage.inputTokens, 'INPUT_TOKENS', 'tokens in'),
    ...part(usage.cachedTokens, 'CACHED_TOKENS', 'of them cached'),
    ...part(usage.outputTokens, 'OUTPUT_TOKENS', 'out'),
    ...part(usage.reasoningTokens, 'REASONING_TOKENS', 'of them reasoning'),
    describeCosts(usage),
  ]
    .filter(Boolean)
    .join(', ')
}

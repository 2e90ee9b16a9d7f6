import { formatCost } from '@pawl/sdk'
import type { FoldedEntry } from '@pawl/sdk'
import { Badge } from '../../elements/Badge.tsx'
import { Markdown } from '../../elements/Markdown.tsx'
import { PERMISSION_STATE, STEP_STATUS, TOOL_KIND, TOOL_STATUS } from '../../elements/words.ts'
import { Hunks } from '../../activity/Hunks.tsx'

type Of<Kind extends FoldedEntry['kind']> = Extract<FoldedEntry, { readonly kind: Kind }>

/** An entry of a transcript, with its updates in it. */
export function TranscriptEntry({ entry }: { readonly entry: FoldedEntry }) {
  switch (entry.kind) {
    case 'PROMPT':
      return <Prompt text={entry.text} />
    case 'MESSAGE':
      return <Markdown text={entry.text} />
    case 'THOUGHT':
      return <Folded title="Thought" text={entry.text} />
    case 'TOOL_CALL':
      return <ToolCall call={entry} />
    case 'DIFF':
      return (
        <>
          <p className="entry-head">
            <code>{entry.path}</code>
          </p>
          <Hunks text={entry.hunks} />
        </>
      )
    case 'PLAN':
      return (
        <ol className="entry-plan" aria-label="Plan">
          {entry.steps.map(({ text, status }, index) => (
            <li key={index}>
              <Badge word={STEP_STATUS[status]} /> {text}
            </li>
          ))}
        </ol>
      )
    case 'PERMISSION':
      return (
        <p className="entry-head">
          <Badge word={PERMISSION_STATE[entry.state]} />
          <span>{entry.title ?? 'A permission'}</span>
          {entry.note && <span className="soft">{entry.note}</span>}
        </p>
      )
    case 'USAGE':
      return <p className="soft">{describeUsage(entry)}</p>
    case 'ERROR':
      return (
        <p className="problem">
          {entry.code && <strong>{entry.code}</strong>} {entry.message}
          {entry.resetAt && ` Until ${new Date(entry.resetAt).toLocaleString()}.`}
        </p>
      )
    case 'OUTPUT':
      return <pre className="source">{entry.text}</pre>
  }
}

function ToolCall({ call }: { readonly call: Of<'TOOL_CALL'> }) {
  const { title, toolKind, toolStatus, locations, output } = call
  const head = (
    <>
      <Badge word={TOOL_STATUS[toolStatus ?? 'PENDING']} />
      {toolKind && <span className="soft">{TOOL_KIND[toolKind]}</span>}
      <code>{title ?? call.key ?? 'a tool'}</code>
      {locations?.map(({ path, line }, index) => (
        <code className="soft" key={index}>
          {line === null ? path : `${path}:${line}`}
        </code>
      ))}
    </>
  )
  if (!output)
    return (
      <p className="entry-head" data-tool-status={toolStatus ?? undefined}>
        {head}
      </p>
    )
  return (
    <details>
      <summary className="entry-head" data-tool-status={toolStatus ?? undefined}>
        {head}
      </summary>
      <pre className="source" tabIndex={0}>
        {output}
      </pre>
    </details>
  )
}

/** Prompts that are longer are folded to their first words. */
const MAX_SHOWN = 400

function Prompt({ text }: { readonly text: string }) {
  const words = text.trim()
  if (words.length <= MAX_SHOWN) return <pre className="entry-prompt">{words}</pre>
  return (
    <details className="entry-prompt">
      <summary>{words.slice(0, 160).replaceAll(/\s+/g, ' ')} …</summary>
      <pre tabIndex={0}>{words}</pre>
    </details>
  )
}

function Folded({ title, text }: { readonly title: string; readonly text: string }) {
  return (
    <details>
      <summary className="soft">{title}</summary>
      <pre className="source" tabIndex={0}>
        {text}
      </pre>
    </details>
  )
}

/** What a turn used, in words. */
export function describeUsage(usage: Of<'USAGE'>): string {
  const {
    model,
    inputTokens,
    cachedTokens,
    outputTokens,
    reasoningTokens,
    costMicros,
    currency,
    durationMs,
  } = usage
  const part = (count: number | null, what: string) =>
    count === null ? [] : [`${count.toLocaleString('en')} ${what}`]
  const parts = [
    ...(model === null ? [] : [model]),
    ...part(inputTokens, 'tokens in'),
    ...part(cachedTokens, 'of them cached'),
    ...part(outputTokens, 'out'),
    ...part(reasoningTokens, 'of them reasoning'),
    ...(costMicros === null ? [] : [formatCost({ micros: costMicros, currency })]),
    ...(durationMs === null ? [] : [`${(durationMs / 1_000).toFixed(1)} s`]),
  ]
  return parts.length === 0 ? 'A turn, of which no figures are known' : parts.join(', ')
}

import type { Artifact, ContentRemoval, JsonValue } from '@pawl/sdk'
import { useMemo, useState } from 'react'
import { CopyButton } from '../elements/CopyButton.tsx'
import { JsonTree } from '../elements/JsonTree.tsx'
import { Markdown } from '../elements/Markdown.tsx'
import { describeError } from '../elements/Problem.tsx'
import { Removed } from '../elements/Removed.tsx'
import { Shape } from '../elements/Shape.tsx'
import { formatSize } from '../elements/time.ts'
import { Diff, TextDiff } from './Diff.tsx'
import type { LoadedContent } from './useArtifactContent.ts'
import { useArtifactContent } from './useArtifactContent.ts'

interface ArtifactViewProps {
  readonly artifact: Artifact
  readonly content: LoadedContent
  /** The previous artifact of the same path, if there is one. */
  readonly previous?: Artifact | undefined
}

type View = 'rendered' | 'source' | 'changes'

/** The content of an artifact, its problems, and its changes since the previous one. */
export function ArtifactView({ artifact, content, previous }: ArtifactViewProps) {
  const { id, path, sha256, size, isValid: valid, problems, round, attempt } = artifact
  const [view, setView] = useState<View>('rendered')
  const before = useArtifactContent(view === 'changes' ? previous?.id : undefined)
  return (
    <article className="artifact" aria-label={path} data-artifact={id}>
      <header className="pane-head">
        <h3 className="mono">{path}</h3>
        <span className="soft">
          round {round}, attempt {attempt}, {formatSize(size)}
        </span>
        <fieldset className="chips">
          <legend className="hidden">How it is shown</legend>
          {(['rendered', 'source', ...(previous ? (['changes'] as const) : [])] as const).map((name) => (
            <button
              key={name}
              type="button"
              className="chip"
              aria-pressed={view === name}
              onClick={() => setView(name)}
            >
              {{ rendered: 'Rendered', source: 'Source', changes: 'Changes' }[name]}
            </button>
          ))}
        </fieldset>
        {typeof content.value?.content === 'string' && (
          <CopyButton text={content.value.content} what={`the content of ${path}`} />
        )}
      </header>
      {!valid && (
        <div className="verdict tone-bad">
          <Shape tone="bad" />
          <div>
            <p>
              <strong>Not what the workflow asks for</strong>, so it is no evidence:
            </p>
            <ul className="missing">
              {problems.map(({ path, message }) => (
                <li key={`${path} ${message}`}>
                  {path && <code>{path}</code>} {message}
                </li>
              ))}
            </ul>
          </div>
        </div>
      )}
      {content.error !== undefined && <p className="problem">{describeError(content.error)}</p>}
      {content.value === undefined && content.error === undefined && (
        <p className="soft">Asking the server …</p>
      )}
      {content.value && (
        <Content
          path={path}
          text={content.value.content}
          removal={content.value.contentRemoval}
          view={view}
          before={before.value?.content}
        />
      )}
      <p className="soft digest">
        sha256 <code>{sha256}</code>
      </p>
    </article>
  )
}

interface ContentProps {
  readonly path: string
  readonly text: string | null
  readonly removal: ContentRemoval | null
  readonly view: View
  readonly before: string | null | undefined
}

function Content({ path, text, removal, view, before }: ContentProps) {
  const json = useMemo(
    () => (text !== null && path.endsWith('.json') ? parse(text) : undefined),
    [path, text],
  )
  if (text === null)
    return removal ? (
      <Removed what="The content of this file" removal={removal} />
    ) : (
      <p className="soft">Its content is not kept; its hash is.</p>
    )
  if (view === 'changes')
    return before ? (
      <TextDiff path={path} before={before} after={text} />
    ) : (
      <p className="soft">Asking the server …</p>
    )
  if (view === 'rendered') {
    if (/\.(?:md|markdown)$/.test(path)) return <Markdown text={text} />
    if (json !== undefined) return <JsonTree value={json} depth={3} />
    if (/\.(?:diff|patch)$/.test(path)) return <Diff patch={text} scope={path} />
  }
  return (
    <pre className="source" tabIndex={0}>
      {text || '(empty)'}
    </pre>
  )
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return undefined
  }
}

import type { Artifact, RunDetail, StoredRun } from '@pawl/sdk'
import { ArtifactView } from '../activity/ArtifactView.tsx'
import { useArtifactContent } from '../activity/useArtifactContent.ts'
import { useRunData } from '../activity/useRunData.ts'
import { withParameters } from '../elements/address.ts'
import type { PageAddress } from '../elements/address.ts'
import { JsonTree } from '../elements/JsonTree.tsx'
import { Link } from '../elements/Link.tsx'
import { Markdown } from '../elements/Markdown.tsx'
import { Changes } from './Changes.tsx'

interface ResultProps {
  readonly run: StoredRun
  readonly detail: RunDetail | undefined
  readonly place: PageAddress
}

/** What a settled run has come to: its output, its newest file, and what it has changed. Nothing where there is none of them. */
export function Result({ run, detail, place }: ResultProps) {
  const { value } = useRunData(`result ${run.id}`, run.revision, async (pawl, signal) =>
    newestFiles((await pawl.artifacts.list(run.id, { first: 200, signal })).nodes),
  )
  const files = value ?? []
  const [file, ...others] = files
  const output = detail?.output ?? null
  return (
    <>
      {(output !== null || file) && (
        <section className="panel pane result" aria-label="Result">
          {output !== null && (
            <>
              <h2>Result</h2>
              {typeof output === 'string' ? (
                <Markdown text={output} />
              ) : (
                <JsonTree value={output} depth={2} />
              )}
            </>
          )}
          {file && <NewestFile key={file.id} file={file} />}
          {others.length > 0 && (
            <p className="soft result-files">
              Other files:
              {others.map(({ id, path }) => (
                <Link key={id} to={withParameters(place, { tab: 'files', file: id })}>
                  {path}
                </Link>
              ))}
            </p>
          )}
        </section>
      )}
      <Changes run={run} />
    </>
  )
}

function NewestFile({ file }: { readonly file: Artifact }) {
  const content = useArtifactContent(file.id)
  return (
    <details open className="result-file">
      <summary>
        The last file: <span className="mono">{file.path}</span>
      </summary>
      <ArtifactView artifact={file} content={content} />
    </details>
  )
}

/** The newest valid file of each path, the newest first. */
function newestFiles(files: readonly Artifact[]): readonly Artifact[] {
  const known = new Set<string>()
  return files.filter(({ path, isValid }) => {
    if (!isValid || known.has(path)) return false
    known.add(path)
    return true
  })
}

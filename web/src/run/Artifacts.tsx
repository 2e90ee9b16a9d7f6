import type { Artifact } from '@pawl/sdk'
import { Ago } from '../elements/Age.tsx'
import { navigate, withParameters } from '../elements/address.ts'
import type { PageAddress } from '../elements/address.ts'
import { Badge } from '../elements/Badge.tsx'
import { describeError } from '../elements/Problem.tsx'
import type { Word } from '../elements/words.ts'
import { ArtifactView } from '../activity/ArtifactView.tsx'
import { useArtifactContent } from '../activity/useArtifactContent.ts'
import { useRunData } from '../activity/useRunData.ts'

const VALID: Word = { label: 'Valid', tone: 'good', means: 'It is what its workflow asks for' }
const INVALID: Word = { label: 'Invalid', tone: 'bad', means: 'It is not what its workflow asks for' }

interface ArtifactsProps {
  readonly runId: string
  readonly revision: number | undefined
  readonly place: PageAddress
}

/** The artifacts of the run, and the content of the chosen one, which is part of the address. */
export function Artifacts({ runId, revision, place }: ArtifactsProps) {
  const { value, error } = useRunData(
    `artifacts ${runId}`,
    revision,
    async (pawl, signal) => (await pawl.artifacts.list(runId, { first: 200, signal })).nodes,
  )
  const chosen = new URLSearchParams(place.search).get('file')
  const artifact = value?.find(({ id }) => id === chosen) ?? value?.[0]
  const content = useArtifactContent(artifact?.id)
  if (error !== undefined && !value) return <p className="problem">{describeError(error)}</p>
  if (!value) return <p className="soft">Asking the server …</p>
  if (!artifact) return <p className="soft">No file was submitted yet.</p>
  return (
    <div className="split">
      <ul className="choices" aria-label="Artifacts, the newest first">
        {value.map(({ id, path, phase, isValid: valid, attempt, createdAt }) => (
          <li key={id}>
            <button
              type="button"
              className="choice"
              aria-pressed={id === artifact.id}
              onClick={() => navigate(withParameters(place, { file: id }), { isReplacing: true })}
            >
              <span className="choice-name mono">{path}</span>
              <Badge word={valid ? VALID : INVALID} />
              <span className="soft">
                {phase.key}
                {attempt > 1 && `, attempt ${attempt}`}, <Ago at={createdAt} />
              </span>
            </button>
          </li>
        ))}
      </ul>
      <ArtifactView
        key={artifact.id}
        artifact={artifact}
        content={content}
        previous={findPrevious(value, artifact)}
      />
    </div>
  )
}

/** The previous artifact of the same path; the list is sorted newest first. */
function findPrevious(artifacts: readonly Artifact[], { id, path }: Artifact): Artifact | undefined {
  const at = artifacts.findIndex((artifact) => artifact.id === id)
  return artifacts.slice(at + 1).find((artifact) => artifact.path === path)
}

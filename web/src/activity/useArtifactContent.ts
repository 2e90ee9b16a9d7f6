import type { ContentRemoval } from '@pawl/sdk'
import type { RunData } from './useRunData.ts'
import { useRunData } from './useRunData.ts'

/** The content of an artifact: null if the server keeps only its hash. */
interface ArtifactContent {
  readonly content: string | null
  /** When it was removed; null: it was not. */
  readonly contentRemoval: ContentRemoval | null
}

const NOT_THERE: ArtifactContent = { content: null, contentRemoval: null }

/** A content as far as it is loaded. */
export type LoadedContent = RunData<ArtifactContent | undefined>

/** Loads the content of an artifact; without an id nothing is loaded. */
export function useArtifactContent(id: string | undefined): LoadedContent {
  return useRunData(`artifact ${id}`, undefined, async (pawl, signal) =>
    id === undefined ? undefined : ((await pawl.artifacts.get(id, { signal })) ?? NOT_THERE),
  )
}

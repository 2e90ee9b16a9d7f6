import type { Pawl, TranscriptEntry } from '@pawl/sdk'

/** Every entry of the transcripts of a run: those of its sessions, one after the other. */
export async function listEntries(pawl: Pawl, runId: string): Promise<TranscriptEntry[]> {
  const { nodes: sessions } = await pawl.sessions.list(runId)
  const entries: TranscriptEntry[] = []
  for (const { id } of sessions) {
    for (let after = 0, hasMore = true; hasMore; after = entries.at(-1)?.seq ?? 0) {
      const { nodes, pageInfo } = await pawl.sessions.entries(id, { first: 500, after })
      entries.push(...nodes)
      hasMore = pageInfo.hasNextPage
    }
  }
  return entries
}

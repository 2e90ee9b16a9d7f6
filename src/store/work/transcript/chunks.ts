/** One chunk of a transcript. */
export interface Chunk {
  readonly seq: number
  readonly text: string
  readonly at: Date
}

/** Maximum bytes in the chunks of one page, not counting the chunk that exceeds it. */
const PAGE_BYTES = 1_048_576

/** SQL for the chunks of a session after a number: at most `limit`, and no more than a page holds. */
export const chunks = (sessionId: string, after: string, limit: string): string => `
  SELECT seq, text, at FROM (
    SELECT c.*, sum(octet_length(c.text)) OVER (ORDER BY c.seq) - octet_length(c.text) AS before FROM (
      SELECT seq, text, at FROM chunk WHERE session_id = ${sessionId} AND seq > ${after} ORDER BY seq LIMIT ${limit}
    ) c
  ) c WHERE c.before < ${PAGE_BYTES} ORDER BY seq`

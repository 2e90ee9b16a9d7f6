import { createHash } from 'node:crypto'
import { setImmediate as letOthersRun } from 'node:timers/promises'

/** Chunk size for hashing, in UTF-16 units. */
const PIECE = 1_048_576

/**
 * Returns the SHA-256 of a text's UTF-8, in hex. Long texts are hashed in chunks, so that other requests are served
 * in between.
 */
export async function hashText(text: string): Promise<string> {
  const hash = createHash('sha256')
  for (let start = 0; start < text.length;) {
    if (start > 0) await letOthersRun()
    let end = start + PIECE
    // a surrogate pair must not be split between two chunks
    if ((text.codePointAt(end - 1) ?? 0) > 0xff_ff) end -= 1
    hash.update(text.slice(start, end))
    start = end
  }
  return hash.digest('hex')
}

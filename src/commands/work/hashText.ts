import { createHash } from 'node:crypto'
import { setImmediate as letOthersRun } from 'node:timers/promises'

/** How much of a text is hashed at a time, in UTF-16 units. */
const PIECE = 1_048_576

/** SHA-256 of a text's UTF-8, in hex; of a long one piece by piece, so that others are served in between. */
export async function hashText(text: string): Promise<string> {
  const hash = createHash('sha256')
  for (let start = 0; start < text.length;) {
    if (start > 0) await letOthersRun()
    let end = start + PIECE
    // no character is hashed in two halves
    if ((text.codePointAt(end - 1) ?? 0) > 0xff_ff) end -= 1
    hash.update(text.slice(start, end))
    start = end
  }
  return hash.digest('hex')
}

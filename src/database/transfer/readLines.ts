import { createGunzip } from 'node:zlib'
import { pipeline, Readable } from 'node:stream'
import { DatabaseError } from '../kit/databaseErrors.ts'

/** Maximum length of a line in bytes: far more than a row needs, and little enough for a string. */
const mostBytes = 256 * 1024 * 1024
/** Maximum length of the first line in bytes; a file that is not an export may have no line feeds. */
const mostFirstBytes = 1024 * 1024
const lineFeed = 0x0a

/**
 * The lines of a file without their line feeds, including an unterminated last one. Detects gzip by the first bytes.
 * Keeps at most one line and one chunk in memory.
 *
 * @throws {@link DatabaseError} `EXPORT_INVALID`
 */
export async function* readLines(input: Readable): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = []
  let length = 0
  let limit = mostFirstBytes
  for await (const chunk of await unzip(input)) {
    let start = 0
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      yield Buffer.concat([...pieces, chunk.subarray(start, end)])
      pieces = []
      length = 0
      limit = mostBytes
      start = end + 1
    }
    const rest = chunk.subarray(start)
    length += rest.length
    if (length > limit) throw invalid('it has a line that no export has')
    pieces.push(rest)
  }
  if (length > 0) yield Buffer.concat(pieces)
}

async function unzip(input: Readable): Promise<AsyncIterable<Buffer>> {
  const chunks = input[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let first = Buffer.alloc(0)
  while (first.length < 2) {
    const { done, value } = await chunks.next()
    if (done) break
    first = Buffer.concat([first, value])
  }
  const all = resume(first, chunks)
  if (first[0] !== 0x1f || first[1] !== 0x8b) return all
  return explainGunzip(pipeline(Readable.from(all, { objectMode: false }), createGunzip(), () => undefined))
}

async function* resume(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (first.length > 0) yield first
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}

async function* explainGunzip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* chunks
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'Z_BUF_ERROR') throw invalid('it is cut off')
    if (code.startsWith('Z_')) throw invalid('it is damaged, and gzip can not unpack it')
    throw error
  }
}

/** The error for a file that cannot be imported, with the reason. */
export function invalid(because: string): DatabaseError {
  return new DatabaseError(
    'EXPORT_INVALID',
    `This file can't be imported: ${because}. Nothing was changed. Export again, or use another copy of the file.`,
  )
}

import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { isDeepStrictEqual } from 'node:util'
import { parseHeader, parseLine } from './exportFormat.ts'
import type { ExportedRow, ExportHeader } from './exportFormat.ts'
import { invalid, readLines } from './readLines.ts'

/** An export that is being read. */
export interface OpenExport {
  readonly header: ExportHeader
  /**
   * Passes its rows to `take` one after the other, and then checks that the export is complete and unchanged.
   *
   * @returns rows by table
   * @throws DatabaseError `EXPORT_INVALID`
   */
  readRows(take: (row: ExportedRow, line: number) => Promise<void>): Promise<Readonly<Record<string, number>>>
}

/**
 * Reads the header of an export, compressed or not.
 *
 * @throws DatabaseError `EXPORT_INVALID`; `EXPORT_INCOMPATIBLE` for another format
 */
export async function readExport(input: Readable): Promise<OpenExport> {
  const digest = createHash('sha256')
  const lines = readLines(input)
  const header = await readHeader()

  async function readHeader(): Promise<ExportHeader> {
    const { value: line = Buffer.alloc(0) } = await lines.next()
    note(line)
    try {
      return parseHeader(line.toString())
    } catch (error) {
      await lines.return(undefined)
      throw error
    }
  }

  function note(line: Buffer): void {
    digest.update(line).update('\n')
  }

  return {
    header,
    async readRows(take) {
      const rows: Record<string, number> = {}
      let number = 1
      for await (const line of lines) {
        number += 1
        const read = parseLine(line.toString())
        if (!read) throw invalid(`line ${number} is none of an export, or is cut off`)
        if ('sha256' in read) {
          if (!(await lines.next()).done) throw invalid(`something follows on its last line, ${number}`)
          const counted = Object.fromEntries(Object.entries(read.rows).filter(([, count]) => count > 0))
          if (!isDeepStrictEqual(rows, counted)) throw invalid('it lacks rows, or has more than it had')
          if (digest.digest('hex') !== read.sha256) throw invalid('it was changed since it was written')
          return read.rows
        }
        note(line)
        await take(read, number)
        rows[read.table] = (rows[read.table] ?? 0) + 1
      }
      throw invalid(`it is cut off after line ${number}`)
    },
  }
}

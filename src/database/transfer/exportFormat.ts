import { z } from 'zod'
import { DatabaseError } from '../kit/databaseErrors.ts'

/**
 * An export is text, one JSON object per line:
 *
 * - first the header, `{"export":{"format":1,"pawl":…,"at":…,"migrations":[…]}}`;
 * - a line for each row, `{"table":"event","row":{…}}`, parents before children and events by number; a null column is
 *   omitted, so that a JSON column can hold the JSON null;
 * - last the footer, `{"end":{"rows":{"event":…},"sha256":…}}`, which reveals a truncated or changed file.
 */
export const EXPORT_FORMAT = 1

const headerSchema = z.object({
  export: z.object({
    format: z.int(),
    /** Version of the Pawl that wrote it. */
    pawl: z.string(),
    /** When it began, in ISO 8601. */
    at: z.string(),
    /** The migrations of the database, in the order they were applied. */
    migrations: z.array(z.object({ name: z.string(), checksum: z.string() })).optional(),
  }),
})

const footerSchema = z.object({
  end: z.object({
    /** Number of rows of each table, including empty ones. */
    rows: z.record(z.string(), z.int()),
    /** Of all preceding lines, in hexadecimal. */
    sha256: z.string(),
  }),
})

/** The header of an export. */
export interface ExportHeader {
  readonly format: number
  readonly pawl: string
  readonly at: string
  readonly migrations: readonly { readonly name: string; readonly checksum: string }[]
}

/** The footer of an export. */
export interface ExportFooter {
  readonly rows: Readonly<Record<string, number>>
  readonly sha256: string
}

/** A row as it was written; its columns are not parsed. */
export interface ExportedRow {
  readonly table: string
  /** A JSON object. */
  readonly json: string
}

/** The header's line. */
export function printHeader(header: ExportHeader): string {
  return JSON.stringify({ export: header })
}

/** The footer's line. */
export function printFooter(footer: ExportFooter): string {
  return JSON.stringify({ end: footer })
}

/** The beginning and end of the line of a table's row; its columns go between them. */
export function frameRow(table: string): readonly [before: string, after: string] {
  return [`{"table":${JSON.stringify(table)},"row":{`, '}}']
}

/**
 * Parses the first line.
 *
 * @throws {@link DatabaseError} `EXPORT_INVALID`, or `EXPORT_INCOMPATIBLE` for another format
 */
export function parseHeader(line: string): ExportHeader {
  const parsed = headerSchema.safeParse(parseJson(line))
  if (!parsed.success) {
    throw new DatabaseError(
      'EXPORT_INVALID',
      'This is no export: its first line is not the one that pawl export writes. Name a file that it wrote.',
    )
  }
  const { format, pawl, at, migrations = [] } = parsed.data.export
  if (format !== EXPORT_FORMAT) {
    throw new DatabaseError(
      'EXPORT_INCOMPATIBLE',
      `This export was written by Pawl ${pawl} in format ${format}, and this Pawl reads format ${EXPORT_FORMAT}. ` +
        `Import it with Pawl ${pawl} or newer.`,
    )
  }
  return { format, pawl, at, migrations }
}

const rowPattern = /^\{"table":"([^"\\]+)","row":(?=\{)/

/** Parses any other line; undefined if it is not a line of an export. */
export function parseLine(line: string): ExportedRow | ExportFooter | undefined {
  const match = rowPattern.exec(line)
  if (match?.[1] !== undefined && line.endsWith('}}'))
    return { table: match[1], json: line.slice(match[0].length, -1) }
  return footerSchema.safeParse(parseJson(line)).data?.end
}

/** Undefined if the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

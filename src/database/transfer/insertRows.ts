import { DatabaseError as PostgresError, escapeIdentifier, escapeLiteral } from 'pg'
import type { Client } from 'pg'
import { parseJson } from './exportFormat.ts'
import type { ExportedRow } from './exportFormat.ts'
import { toSql } from './listTables.ts'
import type { Table } from './listTables.ts'
import { invalid } from './readLines.ts'

const batchRows = 1_000
const batchCharacters = 1024 * 1024
/** SQLSTATE classes for invalid values and constraint violations. */
const dataErrors = /^(22|23)/

/** Inserts rows into their tables in batches, in the order they arrive. */
export class RowInserter {
  readonly #client: Client
  readonly #tables: ReadonlyMap<string, Table>
  #batch: { table: Table; rows: string[]; firstLine: number; characters: number } | undefined

  constructor(client: Client, tables: readonly Table[]) {
    this.#client = client
    this.#tables = new Map(tables.map((table) => [table.name, table]))
  }

  /**
   * Adds a row to the current batch.
   *
   * @param line its line number in the file
   * @throws DatabaseError `EXPORT_INVALID`
   */
  async add({ table: name, json }: ExportedRow, line: number): Promise<void> {
    const table = this.#tables.get(name)
    if (!table) throw invalid(`line ${line} is of a table "${name}", which the database does not have`)
    if (this.#batch && this.#batch.table !== table) await this.flush()
    this.#batch ??= { table, rows: [], firstLine: line, characters: 0 }
    this.#batch.rows.push(json)
    this.#batch.characters += json.length
    if (this.#batch.rows.length >= batchRows || this.#batch.characters >= batchCharacters) await this.flush()
  }

  /** Inserts the rows of the current batch. */
  async flush(): Promise<void> {
    const batch = this.#batch
    if (!batch) return
    this.#batch = undefined
    const { table, rows, firstLine } = batch
    const lines = `lines ${firstLine} to ${firstLine + rows.length - 1}`
    try {
      const { rowCount } = await this.#client.query(insertText(table), [`[${rows.join(',')}]`])
      if (rowCount !== rows.length) throw invalid(`${lines} are not one row each`)
    } catch (error) {
      if (!(error instanceof PostgresError) || !dataErrors.test(error.code ?? '')) throw error
      const broken = rows.findIndex((row) => parseJson(row) === undefined)
      if (broken !== -1) throw invalid(`line ${firstLine + broken} is no JSON`)
      throw invalid(`the database refuses ${lines}, rows of "${table.name}": ${error.message}`)
    }
  }
}

/** An omitted column becomes SQL null, which for a JSON column differs from the JSON null. */
function insertText(table: Table): string {
  const names = table.columns.map(({ name }) => escapeIdentifier(name))
  const values = table.columns.map(({ name, json }) =>
    json ? `(e.value -> ${escapeLiteral(name)})::${json}` : `r.${escapeIdentifier(name)}`,
  )
  return `INSERT INTO ${toSql(table)} (${names.join(', ')}) SELECT ${values.join(', ')}
    FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS e (value, position),
      jsonb_populate_record(NULL::${toSql(table)}, e.value) AS r
    ORDER BY e.position`
}

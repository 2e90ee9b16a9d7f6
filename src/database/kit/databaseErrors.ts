/** Every way the database layer can fail. Messages are for people: each says what happened and what to do next. */
export type DatabaseErrorCode =
  | 'DATA_DIR_IN_USE'
  | 'DATA_DIR_UNUSABLE'
  | 'EMBEDDED_UNAVAILABLE'
  | 'EMBEDDED_FAILED'
  | 'DISK_FULL'
  | 'DATABASE_UNREACHABLE'
  | 'DATABASE_UNSUPPORTED'
  | 'MIGRATION_FAILED'
  | 'MIGRATION_EDITED'
  | 'MIGRATION_MISSING'
  | 'EXPORT_INVALID'
  | 'EXPORT_INCOMPATIBLE'
  | 'DATABASE_NOT_EMPTY'
  | 'DATABASE_IN_USE'

/** The base of every error this layer throws on purpose, distinguished by `code`. */
export class DatabaseError extends Error {
  override readonly name: string = 'DatabaseError'

  constructor(
    readonly code: DatabaseErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** Another live process holds the data directory. */
export class DataDirInUseError extends DatabaseError {
  override readonly name = 'DataDirInUseError'

  /**
   * @param dataDir the directory that both processes use
   * @param pid the process that holds it, if it could be read
   * @param address the URL that process listens on, if it has written one
   */
  constructor(
    readonly dataDir: string,
    readonly pid: number | undefined,
    readonly address: string | undefined,
  ) {
    const holder = pid === undefined ? 'another process' : `process ${pid}`
    const listening = address === undefined ? '' : `, listening on ${address}`
    super(
      'DATA_DIR_IN_USE',
      `${dataDir} is in use by ${holder}${listening}. Use that server, or stop it first, ` +
        'or give this one a data directory of its own (PAWL_DATA).',
    )
  }
}

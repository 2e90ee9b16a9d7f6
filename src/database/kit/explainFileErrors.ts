import { DatabaseError } from './databaseErrors.ts'

/** Runs `work` on a data directory, and turns file system errors into errors that say what to do. */
export async function explainFileErrors<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      throw new DatabaseError(
        'DISK_FULL',
        `The disk that holds ${dataDir} is full. Nothing that was committed is lost. Free some space and start again.`,
        { cause: error },
      )
    }
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
      throw new DatabaseError(
        'DATA_DIR_UNUSABLE',
        `This user may not use ${path ?? dataDir}. Run Pawl as the user who owns the data directory ${dataDir}, or name ` +
          'another one (PAWL_DATA).',
        { cause: error },
      )
    }
    throw error
  }
}

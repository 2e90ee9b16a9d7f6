/**
 * What servers of this version can read. Raised with a release whose servers write what those before can't read; they wait with it until
 * no older one works on the database (`src/store/account/countOlderServers.ts`).
 *
 * 2: prompts in transcripts, and runs whose content was removed.
 */
export const READS = 2

/** The name of the session by which a server listens, as long as it runs; those of the first releases have no number. */
export const SIGNALS_SESSION = `pawl signals ${READS}`

import { z } from 'zod'

/** A day is the least: a resume, a late report or a retry may still come. */
const retentionAge = z.int().min(86_400)

/** Default timings and limits of the rules, used where a workflow sets none; each is a server setting. */
export const settingsSchema = z.strictObject({
  cancelGraceSeconds: z
    .number()
    .positive()
    .default(30)
    .describe('How long a cancelled owner has to confirm, in seconds.'),
  orphanAfterSeconds: z
    .number()
    .positive()
    .default(86_400)
    .describe('Silence after which a run claimed without a lease has lost its owner, in seconds.'),
  staleAfterSeconds: z
    .number()
    .positive()
    .default(7 * 86_400)
    .describe('Silence after which a run that waits for nobody expires, in seconds.'),
  maxResumes: z.int().nonnegative().default(10).describe('How often a failed run may be resumed.'),
  maxTakeovers: z
    .int()
    .nonnegative()
    .default(3)
    .describe('How often a run may be taken over after a lost owner, per epoch.'),
  maxArtifactBytes: z
    .int()
    .positive()
    .default(1_048_576)
    .describe('The largest artifact the server takes, in bytes of UTF-8.'),
  maxRework: z
    .int()
    .nonnegative()
    .default(3)
    .describe('How often a phase may be rejected, per round and epoch.'),
  retentionSeconds: retentionAge
    .optional()
    .describe(
      'Age of settled runs, in seconds, at which their content is removed; their skeleton stays. Default: never.',
    ),
  retentionSecondsByProject: z
    .record(z.string(), retentionAge)
    .default({})
    .describe('The same for single projects, by name.'),
})
export interface Settings extends Readonly<z.infer<typeof settingsSchema>> {
  /** Claims get a higher fence than this: lower ones may have been given before the database was restored from a backup. */
  readonly fencesAfter: number
}

/** The default settings. */
export const DEFAULT_SETTINGS: Settings = { ...settingsSchema.parse({}), fencesAfter: 0 }

/** How long a question asked in the middle of a turn waits unless it says otherwise, in seconds. */
export const ANSWER_SECONDS = 900

/** Minimum, maximum and default lease in seconds; 0 means a claim without a lease. */
export const LEASE_SECONDS = { min: 5, max: 3600, default: 30 } as const

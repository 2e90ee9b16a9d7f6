/** How often the executor retries by itself before a person is asked, counted since the phase was last started over. */
export const BUDGETS = {
  /** Attempts to send one prompt. */
  sends: 3,
  /** How often a crashed agent is resumed with its memory. */
  resumes: 3,
  /** How often, after that, it is started without memory. */
  restarts: 2,
  /** Repairs of work that is invalid or late. */
  repairs: 1,
} as const

/**
 * Maximum length of an error message, in UTF-16 units. It leaves room for a sentence around it within the server's
 * limit.
 */
export const MAX_MESSAGE_LENGTH = 9_000

/** How long a file must stay unchanged while its agent still works before it counts as complete, in milliseconds. */
export const STABLE_MS = 1_000
